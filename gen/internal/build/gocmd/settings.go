package gocmd

import (
	"fmt"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Env is the environment of every Go command: the user's, with what go env -w
// wrote, but for what decides what code is compiled, which Settings have.
func Env(platform model.Platform) []string {
	env := os.Environ()
	for name, value := range written() {
		if os.Getenv(name) == "" && (platform.Plain || !slices.Contains(ours, name)) {
			env = append(env, name+"="+value)
		}
	}
	return append(append(env, Settings(platform)...), "GOENV=off", "GOFLAGS="+strings.Join(keptFlags(), " "))
}

// Settings are the variables that a build does not take from its environment:
// static binaries for the platform, from the application's own module, of the
// same instructions wherever it is built. What is compiled as plainly as go test
// does is from the module alone, too.
func Settings(platform model.Platform) []string {
	if platform.Plain {
		return []string{"GOOS=" + platform.GOOS, "GOARCH=" + platform.GOARCH, "GOWORK=off"}
	}
	return []string{
		"GOOS=" + platform.GOOS, "GOARCH=" + platform.GOARCH, "CGO_ENABLED=0", "GOWORK=off",
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=", "GOFIPS140=off",
	}
}

// CompileFlags are the flags that decide what a compiled package is.
func CompileFlags(platform model.Platform) []string {
	var flags []string
	if !platform.Plain {
		flags = append(flags, "-trimpath")
	}
	if len(platform.Tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(platform.Tags, ","))
	}
	return flags
}

// LinkFlags are the flags that decide what a binary is of its packages. They
// make it small, and the same wherever it is built.
func LinkFlags(platform model.Platform) []string {
	linker := "-s -w"
	if !platform.Plain { // else the build ID says that a program is up to date
		linker += " -buildid="
	}
	return []string{"-buildvcs=false", strings.TrimSpace("-ldflags=" + linker + " " + platform.LinkerFlags())}
}

// ours are the variables that decide what code is compiled, besides those of
// the platform and GOFLAGS.
var ours = []string{
	"CGO_ENABLED", "CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "CGO_LDFLAGS",
	"GO386", "GOAMD64", "GOARM", "GOARM64", "GOEXPERIMENT", "GOFIPS140", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM",
}

// Read returns what GOFLAGS decides of how functions are compiled. The
// diagnostics say what of it is refused, and which other variables of the go
// command are ignored.
func Read() (model.Build, []model.Diagnostic) {
	b, diagnostics := readFlags()
	settings := Settings(model.Platform{})
	for _, name := range ours {
		value, from := lookup(name)
		if value == "" || slices.Contains(settings, name+"="+value) {
			continue
		}
		diagnostics = append(diagnostics, model.Diagnostic{Pos: token.Position{Filename: name}, Code: "build-ignored", Severity: model.Warning,
			Message: fmt.Sprintf("%q of %s is ignored: functions are compiled without cgo, and the same wherever that is done; %s", model.Clip(value), from, from.remove(name))})
	}
	return b, diagnostics
}

// readFlags reads GOFLAGS.
func readFlags() (model.Build, []model.Diagnostic) {
	var b model.Build
	var diagnostics []model.Diagnostic
	text, from := lookup("GOFLAGS")
	refuse := func(format string, args ...any) {
		diagnostics = append(diagnostics, model.Diagnostic{Pos: token.Position{Filename: "GOFLAGS"}, Code: "build-flag", Message: fmt.Sprintf(format, args...)})
	}
	flags, err := model.SplitFlags(text)
	if err != nil {
		refuse("what is in %s %s", from, err)
	}
	for _, flag := range flags {
		name, value := cut(flag)
		switch {
		case name == "tags":
			b.Tags = nil // the go command, too, takes the last flag alone
			for _, tag := range strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }) {
				if !model.TagGrammar.MatchString(tag) {
					refuse("-tags of %s holds %q; give %s", from, model.Clip(tag), model.TagWant)
				}
				b.Tags = append(b.Tags, tag)
			}
		case name == "ldflags":
			if b.Values, err = model.LinkerValues(value); err != nil {
				refuse("-ldflags of %s %s", from, err)
			}
		case !isHarmless(name, value):
			refuse("%s of %s is not done, since the platforms would not all compile the same; %s, or run fngen with a GOFLAGS of its own", model.Clip(flag), from, from.remove("GOFLAGS"))
		}
	}
	return b, diagnostics
}

// cut returns the name of a flag without its dashes, and its value.
func cut(flag string) (name, value string) {
	name, value, _ = strings.Cut(strings.TrimPrefix(flag, "-"), "=")
	return strings.TrimPrefix(name, "-"), value
}

// isHarmless reports whether functions are the same with the flag: it says how
// the go command goes about its work, or what fngen says itself.
func isHarmless(name, value string) bool {
	switch name {
	case "buildvcs", "modcacherw", "p", "trimpath", "v", "x":
		return true
	case "mod":
		return value == "readonly" || value == "vendor"
	}
	return false
}

// keptFlags are the harmless ones of GOFLAGS that fngen does not give itself.
func keptFlags() []string {
	text, _ := lookup("GOFLAGS")
	flags, _ := model.SplitFlags(text)
	return slices.DeleteFunc(flags, func(flag string) bool {
		name, value := cut(flag)
		return !isHarmless(name, value) || name == "buildvcs" || name == "trimpath"
	})
}

// IgnoresVendor reports whether GOFLAGS has modules taken from elsewhere than
// vendor/, whether there is one or not.
func IgnoresVendor() bool {
	return slices.ContainsFunc(keptFlags(), func(flag string) bool { return strings.HasSuffix(flag, "-mod=readonly") })
}

// An origin is where a variable's value is from.
type origin string

const (
	environment origin = "the environment"
	goEnv       origin = "go env -w"
)

// remove is the way out.
func (o origin) remove(name string) string {
	if o == goEnv {
		return "remove it with go env -u " + name
	}
	return "remove it"
}

// lookup returns the value that the go command would take for the variable.
func lookup(name string) (string, origin) {
	if value := os.Getenv(name); value != "" {
		return value, environment
	}
	return written()[name], goEnv
}

// written returns the variables in the file of go env -w, which GOENV may name.
func written() map[string]string {
	name := os.Getenv("GOENV")
	if name == "off" {
		return nil
	}
	if name == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil
		}
		name = filepath.Join(dir, "go", "env")
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil // as the go command does
	}
	variables := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if ok && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			variables[name] = value
		}
	}
	return variables
}
