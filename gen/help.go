package gen

import "strings"

// DirectiveHelp returns the syntax of every directive, the triggers first.
func DirectiveHelp() string {
	var b strings.Builder
	b.WriteString("A directive stands in the doc comment of the function that it is about. The first\n" +
		"eight are triggers; a function has one of them or more, each of a kind of its own.\n\n")
	for _, verb := range verbs {
		b.WriteString("  " + usage[verb] + "\n")
	}
	b.WriteString("\nAn argument with spaces is quoted whole: \"prefix=a b\". There are no trailing comments.\n\n" +
		strings.ToUpper(shapes[:1]) + strings.ReplaceAll(shapes[1:], "; ", ";\n") + ".")
	return b.String()
}
