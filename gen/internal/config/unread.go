package config

import (
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

var (
	alike   = regexp.MustCompile(`(?i)^\.?fngen(\.[a-z0-9_-]+)?\.ya?ml$`)
	overlay = regexp.MustCompile(`^fngen\.([a-z0-9-]+)\.yaml$`)
)

// notRead returns what is wrong with files that are taken for the application's
// configuration and are not: those with a name that is only alike, and a file
// of the right name in a folder above, as far as the module goes.
func notRead(root *os.Root) ([]model.Diagnostic, error) {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil, err
	}
	var diagnostics []model.Diagnostic
	names := map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = !e.IsDir()
	}
	for _, e := range entries {
		name := e.Name()
		env := overlay.FindStringSubmatch(name)
		if e.IsDir() || !alike.MatchString(name) || name == File || env != nil && model.ValidName(env[1]) == nil {
			continue
		}
		right := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(strings.TrimPrefix(name, ".")), ".yml"), ".yaml") + ".yaml"
		message := fmt.Sprintf("this file is not read; name it %s", right)
		switch env := overlay.FindStringSubmatch(right); {
		case right != File && (env == nil || model.ValidName(env[1]) != nil):
			message = "this file is not read, since its name holds that of no environment; use a-z, 0-9 and -, a letter first"
		case names[right]:
			message = fmt.Sprintf("this file is not read, since there is %s; put there what it says, and remove it", right)
		}
		diagnostics = append(diagnostics, model.Diagnostic{Code: "config-name", Pos: token.Position{Filename: name}, Message: message})
	}
	if !names[File] {
		if above := fileAbove(root.Name()); above != "" {
			diagnostics = append(diagnostics, model.Diagnostic{Code: "config-above", Pos: token.Position{Filename: above}, Severity: model.Warning,
				Message: "this file is not read, since the command runs in a folder below it; give its folder with -C, or write an " + File + " for the folder below"})
		}
	}
	return diagnostics, nil
}

// fileAbove returns the path, relative to the folder, of an fngen.yaml in a
// folder above it that is of the same module; "" if there is none.
func fileAbove(dir string) string {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return ""
	}
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return ""
	}
	found := ""
	for up := []string{}; ; up = append(up, "..") {
		at := filepath.Join(slices.Concat([]string{dir}, up)...)
		if _, err := os.Stat(filepath.Join(at, File)); err == nil && found == "" {
			found = strings.Join(append(slices.Clone(up), File), "/")
		}
		if info, err := os.Stat(filepath.Join(at, "go.mod")); err == nil && !info.IsDir() {
			return found
		}
		if at == filepath.Dir(at) {
			return "" // there is no module
		}
	}
}
