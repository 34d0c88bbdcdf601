// Package gen is the build side of fngen: it turns the Go functions of an
// application that have //fn: directives into entrypoints, packages and
// infrastructure for each target.
//
// An application is opened once for a command. Diagnostics are what is wrong in
// its files; as long as one of them is an error, nothing is made of it.
//
//	p, err := gen.Open(ctx, gen.Options{Dir: ".", Targets: []string{"aws"}})
//	if err != nil {
//		return err
//	}
//	defer p.Close()
//	built, err := p.Build(ctx, gen.BuildOptions{})
package gen

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/fngen/fngen/gen/internal/build"
	"github.com/fngen/fngen/gen/internal/build/gocmd"
	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/directive"
	"github.com/fngen/fngen/gen/internal/discover"
	"github.com/fngen/fngen/gen/internal/model"
)

// Options say what is opened. The zero value is the application in the working
// directory.
type Options struct {
	Dir     string    // the application's root folder
	Targets []string  // of those that Targets returns; none for those in fngen.yaml, or all if it names none
	Env     string    // the environment, whose fngen.ENV.yaml lies over fngen.yaml; "" for none
	Log     io.Writer // gets a line for each go command that runs; nil for none
	List    bool      // what targets say of functions is told by Functions, not by Diagnostics
}

// A Project is an application that is open, with its functions on each target
// that was asked for. Its files are read when it is opened.
type Project struct {
	root        *os.Root
	log         io.Writer
	targets     []targeted
	diagnostics []model.Diagnostic
}

// A targeted is a target with the functions that are meant for it.
type targeted struct {
	model.Target
	app            model.App        // as the target's platform compiles it, with the functions that are meant for the target
	left           []model.Function // that are not
	infrastructure []model.File
	diagnostics    []model.Diagnostic // the target's own
}

// Open reads the application. An error says that it cannot be read at all; what
// is wrong in its files is among the project's diagnostics. Close closes it.
func Open(ctx context.Context, o Options) (*Project, error) {
	root, err := openRoot(o.Dir)
	if err != nil {
		return nil, err
	}
	p := &Project{root: root, log: o.Log}
	if err := p.read(p.logged(ctx), o); err != nil {
		root.Close()
		return nil, err
	}
	return p, nil
}

// openRoot opens the application's root, whose name is absolute.
func openRoot(dir string) (*os.Root, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the application: %w", err)
	}
	return root, nil
}

// Close releases the application's folder.
func (p *Project) Close() error { return p.root.Close() }

// logged has the go commands of the context written to the log.
func (p *Project) logged(ctx context.Context) context.Context {
	if p.log == nil {
		return ctx
	}
	return gocmd.WithLog(ctx, p.log)
}

func (p *Project) read(ctx context.Context, o Options) error {
	c, err := config.Read(p.root, o.Env, Targets())
	if err != nil {
		return err
	}
	asked := o.Targets
	if len(asked) == 0 {
		asked = c.Targets()
	}
	if len(asked) == 0 {
		asked = Targets()
	}
	scan, err := discover.ScanDir(p.root.Name(), Targets())
	if err != nil {
		return err
	}
	fromFlags, diagnostics := gocmd.Read()
	p.diagnostics = slices.Concat(scan.Diagnostics, diagnostics)
	platforms := map[string]model.App{}
	var functions []model.Function
	for _, k := range known {
		target := k.configured(c) // which asks for its keys, whether it is asked for or not
		if !slices.Contains(asked, k.name) {
			continue
		}
		platform := target.Platform().With(c.Build()).With(fromFlags)
		compiled := fmt.Sprint(platform, platform.Tags)
		app, ok := platforms[compiled]
		if !ok {
			var diagnostics []model.Diagnostic
			if app, diagnostics, err = scan.Resolve(ctx, platform); err != nil {
				return err
			}
			for i, f := range app.Functions {
				app.Functions[i] = c.Operate(f)
			}
			platforms[compiled] = app
			functions = append(functions, app.Functions...)
			p.diagnostics = append(p.diagnostics, diagnostics...)
		}
		t := targeted{Target: target, app: app}
		if err := t.check(); err != nil {
			return err
		}
		p.targets = append(p.targets, t)
		if !o.List {
			p.diagnostics = append(p.diagnostics, t.diagnostics...)
		}
	}
	if !model.Failed(p.diagnostics) { // of a function that is refused nobody knows the resources
		c.CheckResources(functions)
	}
	p.diagnostics = model.Sort(append(p.diagnostics, c.Diagnostics()...))
	return nil
}

// check chooses the functions that are meant for the target, and finds out what
// is wrong with them there, each for itself, taken together, and with the
// infrastructure that they need.
func (t *targeted) check() error {
	all := t.app.Functions
	t.app.Functions = nil
	for _, f := range all {
		if !f.MeantFor(t.Name()) {
			t.left = append(t.left, f)
			continue
		}
		t.app.Functions = append(t.app.Functions, f)
		t.diagnostics = append(t.diagnostics, t.Check(f)...)
	}
	if checker, ok := t.Target.(model.AppChecker); ok {
		t.diagnostics = append(t.diagnostics, checker.CheckApp(t.app.Functions)...)
	}
	if len(t.app.Functions) == 0 || model.Failed(t.diagnostics) {
		return nil
	}
	files, diagnostics, err := t.Infrastructure(t.app)
	t.infrastructure, t.diagnostics = files, append(t.diagnostics, diagnostics...)
	return err
}

// usable returns an error if something is refused, of which nothing is made.
func (p *Project) usable() error {
	if model.Failed(p.diagnostics) || slices.ContainsFunc(p.targets, func(t targeted) bool { return model.Failed(t.diagnostics) }) {
		return errors.New("there are errors in the application, which its diagnostics show")
	}
	return nil
}

// A Diagnostic is a finding in the user's files: what is wrong, and what to do.
type Diagnostic struct {
	Code             string         // of its kind, of those that FindingsHelp lists
	Pos              token.Position // Filename is relative to the application's root
	Function, Target string         // that it is about; "" for none
	Severity         Severity
	Message          string
}

// A Severity says what follows from a [Diagnostic].
type Severity int

// The severities.
const (
	Error   = Severity(model.Error)   // something is refused
	Warning = Severity(model.Warning) // worth knowing; nothing is refused because of it
)

// String returns the diagnostic as users read it: file:line:col: what is wrong;
// what to do.
func (d Diagnostic) String() string {
	return model.Diagnostic{Code: model.Code(d.Code), Pos: d.Pos, Function: d.Function, Target: d.Target, Severity: model.Severity(d.Severity), Message: d.Message}.String()
}

// Diagnostics returns all findings in the application's files, sorted by
// position.
func (p *Project) Diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, d := range p.diagnostics {
		out = append(out, Diagnostic{string(d.Code), d.Pos, d.Function, d.Target, Severity(d.Severity), d.Message})
	}
	return out
}

// Targets returns the names of the targets that the project is open for.
func (p *Project) Targets() []string {
	var names []string
	for _, t := range p.targets {
		names = append(names, t.Name())
	}
	return names
}

// SDK returns the version of fngen that the application's go.mod requires, "" if
// it requires none or a folder takes its place.
func (p *Project) SDK() string { return p.targets[0].app.Module.SDK }

// Help returns the syntax of every directive and the shapes of handlers, for
// people.
func Help() string { return directive.Help() }

// FindingsHelp returns the codes of all diagnostics and what they mean, for
// people.
func FindingsHelp() string { return model.KindsHelp() }

// Version returns the version of this fngen, "(devel)" if it was built from a
// checkout.
func Version() string { return build.Version() }
