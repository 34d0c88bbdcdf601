package vet

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/vet/processexit"
)

// Run has go vet run the checks of this program, which calls [Main], on the
// packages, and returns what they report. The packages are compiled as the
// platform has it.
func Run(ctx context.Context, root string, platform model.Platform, patterns []string) ([]model.Diagnostic, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	args := slices.Concat([]string{"vet", "-json", "-vettool=" + self}, gocmd.CompileFlags(platform), []string{"--"}, patterns)
	out, err := gocmd.Run(ctx, root, gocmd.Env(platform), args...)
	if err != nil {
		return nil, err
	}
	return read(root, out)
}

// A report is what a check says of a package.
type report struct{ Posn, Message string }

// read understands what go vet -json prints: comments, and an object for each
// package.
func read(root string, out []byte) ([]model.Diagnostic, error) {
	var text bytes.Buffer
	for line := range bytes.Lines(out) {
		if !bytes.HasPrefix(line, []byte("#")) {
			text.Write(line)
		}
	}
	var diagnostics []model.Diagnostic
	for d := json.NewDecoder(&text); ; {
		var packages map[string]map[string]json.RawMessage
		if err := d.Decode(&packages); errors.Is(err, io.EOF) {
			return model.Sort(diagnostics), nil
		} else if err != nil {
			return nil, fmt.Errorf("decode what go vet prints: %w", err)
		}
		for pkg, checks := range packages {
			for check, raw := range checks {
				var reports []report
				if err := json.Unmarshal(raw, &reports); err != nil {
					return nil, fmt.Errorf("vet %s: %s: %s", pkg, check, raw)
				}
				for _, r := range reports {
					diagnostics = append(diagnostics, diagnostic(root, check, r))
				}
			}
		}
	}
}

func diagnostic(root, check string, r report) model.Diagnostic {
	d := model.Diagnostic{Code: "vendor-sdk", Severity: model.Warning, Pos: position(root, r.Posn)}
	if check == processexit.Analyzer.Name {
		d = model.Diagnostic{Code: "process-exit", Severity: model.Warning, Pos: d.Pos}
	}
	d.Message = strings.TrimSuffix(r.Message, " ["+string(d.Code)+"]")
	return d
}

// position understands file:line:col.
func position(root, posn string) token.Position {
	var numbers [2]int
	for i := range numbers {
		at := strings.LastIndexByte(posn, ':')
		numbers[1-i], _ = strconv.Atoi(posn[at+1:])
		posn = posn[:max(at, 0)]
	}
	return token.Position{Filename: gocmd.Relative(root, posn), Line: numbers[0], Column: numbers[1]}
}
