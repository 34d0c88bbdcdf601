package program

import (
	"go/token"
	"path"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// compileError matches a line of what the compiler says: file:line:col: message.
var compileError = regexp.MustCompile(`(?m)^(\S[^:\n]*\.go):(\d+):(\d+): (.+)$`)

// positioned returns what the go command says of files as findings there, and
// any other error as it is.
func positioned(err error) error {
	var findings model.Findings
	for _, m := range compileError.FindAllStringSubmatch(err.Error(), -1) {
		line, _ := strconv.Atoi(m[2])
		column, _ := strconv.Atoi(m[3])
		file := filepath.ToSlash(m[1])
		if !path.IsAbs(file) {
			file = path.Clean(file)
		}
		findings = append(findings, model.Diagnostic{
			Code: "go-compile", Pos: token.Position{Filename: file, Line: line, Column: column}, Message: strings.TrimSpace(m[4]),
		})
	}
	if findings == nil {
		return err
	}
	return findings
}
