package config

import "github.com/fngen/fngen/gen/internal/model"

var (
	tagsKey = Key{Name: "tags", Doc: "Build tags, a string or a list, besides those of -tags in GOFLAGS.",
		Grammar: model.TagGrammar, Want: model.TagWant}
	linkerKey = Key{Name: "ldflags", Doc: "Strings in the program, a flag -X importpath.name=value or a list of them; -ldflags in GOFLAGS comes after it.",
		Valid: func(flags string) error { _, err := model.LinkerValues(flags); return err }}
)

// Build returns what the file says of how functions are compiled.
func (c *Config) Build() model.Build {
	s := c.top.Section("build", "How functions are compiled, on every target alike.")
	var b model.Build
	for _, tag := range s.OneOrMore(tagsKey) {
		if tag != "" {
			b.Tags = append(b.Tags, tag)
		}
	}
	for _, flags := range s.OneOrMore(linkerKey) {
		values, _ := model.LinkerValues(flags)
		b.Values = append(b.Values, values...)
	}
	return b
}
