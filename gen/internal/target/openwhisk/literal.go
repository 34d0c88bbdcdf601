package openwhisk

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/output"
)

// misread are the texts that wskdeploy takes for a type, whose zero value it
// puts in their place, and those that its YAML library does not read as an
// input, in quotes or not.
var misread = []string{"string", "integer", "float", "boolean", "json", "null", "~"}

// literal is an input that arrives as the text is. In strings, wskdeploy
// replaces $NAME and ${NAME} and offers no way to write every text; what it
// takes out of JSON, it leaves alone.
// https://github.com/apache/openwhisk-wskdeploy/blob/master/docs/wskdeploy_interpolation.md
// and its parsers/parameters.go.
func literal(text string) any {
	if !strings.Contains(text, "$") && !slices.Contains(misread, text) {
		return output.Text(text)
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return output.Mapping{{Key: "type", Value: "json"}, {Key: "value", Value: output.Text(strings.TrimSuffix(b.String(), "\n"))}}
}
