package scaffold

import (
	"fmt"
	"go/token"
	"go/types"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/fngen/fngen/gen/internal/model"
)

// The names of a module. They hold nothing but what the go command takes in an
// import path and in a package clause.
type names struct{ module, pkg string }

// named returns the names of the module, from those of the folder where they are
// not given.
func named(o Options) (names, error) {
	base := filepath.Base(o.Dir)
	m := names{module: o.Module}
	if m.module == "" {
		m.module = "example.com/" + base
	}
	if err := module.CheckImportPath(m.module); err != nil || slices.Contains(strings.Split(m.module, "/"), "vendor") {
		if o.Module == "" {
			return names{}, fmt.Errorf("no module can be named after the folder %q; name it with --module, as example.com/hello", model.Clip(base))
		}
		return names{}, fmt.Errorf("--module %q is no path of a module; give one such as example.com/hello", model.Clip(o.Module))
	}
	var ok bool
	if m.pkg, ok = packageName(m.module); !ok {
		return names{}, fmt.Errorf("no package can be named after the last word of the module %s; give --module another, as example.com/hello", m.module)
	}
	return m, nil
}

// noName matches what is left out of a path for the name of a package.
var noName = regexp.MustCompile(`[^a-z0-9]+`)

// packageName returns the name of the package in the module's root: the letters
// and digits of the path's last element, without a major version. It reports
// whether that is a name which such a package can have.
func packageName(modulePath string) (string, bool) {
	prefix, _, ok := module.SplitPathVersion(modulePath)
	if !ok {
		prefix = modulePath
	}
	name := noName.ReplaceAllString(strings.ToLower(path.Base(prefix)), "")
	// The go command knows a meaning of main and documentation, and no package
	// named init can be imported, nor should one hide what all packages have.
	special := slices.Contains([]string{"main", "documentation", "init"}, name) || types.Universe.Lookup(name) != nil
	return name, token.IsIdentifier(name) && !special
}
