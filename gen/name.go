package gen

import (
	"strings"
	"unicode"
)

// kebab returns the identifier in kebab case: HTTPServer is http-server,
// OrderV2 is order-v2. Letters that no name may hold stay, so that it is refused.
func kebab(identifier string) string {
	runes := []rune(identifier)
	var b strings.Builder
	for i, r := range runes {
		if r == '_' {
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
				b.WriteByte('-')
			}
			continue
		}
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			afterLower := !unicode.IsUpper(runes[i-1])
			beforeLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if afterLower || beforeLower {
				b.WriteByte('-')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.Trim(b.String(), "-")
}

// Camel returns a function's name as an exported Go identifier: order-v2 is OrderV2.
func Camel(name string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(name, "-") {
		if part != "" {
			b.WriteString(strings.ToUpper(part[:1]) + part[1:])
		}
	}
	return b.String()
}
