package discover

import (
	"context"
	"fmt"
	"go/token"
	"go/version"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/model"
)

// newerGo says that the go command failed since go.mod asks for a newer one, if
// it did.
func newerGo(ctx context.Context, root string, failed error) (model.Diagnostic, bool) {
	dir, file, err := readGoMod(root)
	said := strings.ToLower(failed.Error())
	if err != nil || !strings.Contains(said, "toolchain") && !strings.Contains(said, "download go") {
		return model.Diagnostic{}, false
	}
	out, err := gocmd.Run(ctx, root, append(os.Environ(), "GOTOOLCHAIN=local", "GOWORK=off"), "env", "GOVERSION")
	if err != nil {
		return model.Diagnostic{}, false
	}
	fields := strings.Fields(string(out)) // experiments may follow
	newer := func(wanted string) bool { return len(fields) > 0 && version.Compare(wanted, fields[0]) > 0 }
	var wanted string
	var line *modfile.Line
	switch {
	case file.Go != nil && newer("go"+file.Go.Version):
		wanted, line = "go"+file.Go.Version, file.Go.Syntax
	case file.Toolchain != nil && newer(file.Toolchain.Name):
		wanted, line = file.Toolchain.Name, file.Toolchain.Syntax
	default:
		return model.Diagnostic{}, false
	}
	return model.Diagnostic{
		Code: "go-version",
		Pos:  token.Position{Filename: gocmd.Relative(root, filepath.Join(dir, "go.mod")), Line: line.Start.Line, Column: line.Start.LineRune},
		Message: fmt.Sprintf("the module wants %s, but the go command is %s and cannot fetch a newer one; install that version, set GOTOOLCHAIN=auto where the network allows it, or lower the line",
			wanted, fields[0]),
	}, true
}
