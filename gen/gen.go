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
	"strings"
	"time"

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
	Dir     string           // the application's root folder
	Targets []string         // of those that Targets returns; none for those in fngen.yaml, or all if it names none
	Env     string           // the environment, whose fngen.ENV.yaml lies over fngen.yaml; "" for none
	Log     io.Writer        // gets a line for each go command that runs; nil for none
	Local   bool             // to run functions on this machine, for which they are compiled; the first target of fngen.yaml, or aws, if Targets names none
	Waiting func(why string) // is told what is so until fngen goes on, that another one writes to the application for instance; nil for nobody

	// AWSProfile is the profile of the AWS CLI whose credentials functions have that
	// [Project.Dev] runs; "" for dummy ones.
	AWSProfile string
}

// A Project is an application that is open, with its functions on each target
// that was asked for. Its files are read when it is opened.
type Project struct {
	options      Options
	root         *os.Root
	log          io.Writer
	env          string
	targets      []targeted
	diagnostics  []model.Diagnostic
	acknowledged int
	config       *config.Config
	allows       *model.Allows
	plain        model.Platform   // this machine, with the tags of fngen.yaml and GOFLAGS
	now          func() time.Time // the clock of Dev; nil for time.Now
}

// A targeted is a target with the functions that are meant for it.
type targeted struct {
	model.Target
	app            model.App        // as the target's platform compiles it, with the functions that are meant for the target
	left           []model.Function // that are not
	infrastructure []model.File
	diagnostics    []model.Diagnostic // the target's own, among the project's too
}

// Open reads the application. An error says that it cannot be read at all; what
// is wrong in its files is among the project's diagnostics. Close closes it.
func Open(ctx context.Context, o Options) (*Project, error) {
	root, err := openRoot(o.Dir)
	if err != nil {
		return nil, err
	}
	p := &Project{options: o, root: root, log: o.Log, env: o.Env}
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

// waits tells what is so until fngen goes on.
func (p *Project) waits(why string) {
	if p.options.Waiting != nil {
		p.options.Waiting(why)
	}
}

// waiting says that another fngen has the application's lock.
func (p *Project) waiting() { p.waits("another fngen writes to this application") }

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
	p.config = c
	configured := c.Targets()
	if len(configured) == 0 {
		configured = Targets()
	}
	asked := o.Targets
	if len(asked) == 0 && o.Local {
		asked = configured[:1] // that fngen.yaml names, or aws
	}
	if len(asked) == 0 {
		asked = configured
	}
	r := reader{root: p.root, config: c, local: o.Local, platforms: map[string]model.App{}, loops: map[token.Position]bool{}}
	if r.scan, err = discover.ScanDir(p.root.Name(), Targets()); err != nil {
		return err
	}
	if model.Failed(r.scan.Diagnostics) {
		c.OperateAll()
	}
	r.flags, r.diagnostics = gocmd.Read()
	var others []model.Target // that are configured, and not asked for
	for _, k := range known {
		target := k.configured(c) // which asks for its keys, whether it is asked for or not
		switch {
		case slices.Contains(asked, k.name):
			r.asked = append(r.asked, target)
		case slices.Contains(configured, k.name):
			others = append(others, target)
		}
	}
	for _, target := range r.asked {
		t, err := r.target(ctx, target)
		if err != nil {
			return err
		}
		if err := t.plan(); err != nil {
			return err
		}
		p.targets = append(p.targets, t)
	}
	source := slices.Concat(r.scan.Diagnostics, r.diagnostics)
	refused := model.Failed(source) // of a function that is refused nobody knows the resources and the warnings
	if !refused {
		c.CheckResources(r.functions)
	}
	module := p.targets[0].app.Module
	p.diagnostics = slices.Concat(source, c.Diagnostics(), sdkVersion(Version(), p.root.Name(), module))
	a := acknowledger{Allows: model.NewAllows(slices.Concat(r.scan.Allows, c.Allows)), reader: &r, functions: r.positions()}
	p.diagnostics = a.rest(p.diagnostics)
	for i, t := range p.targets {
		p.targets[i].diagnostics = a.rest(t.diagnostics)
		p.diagnostics = append(p.diagnostics, p.targets[i].diagnostics...)
	}
	p.acknowledged, p.allows, p.plain = len(model.Sort(a.covered)), a.Allows, model.LocalPlatform().With(c.Build()).With(r.flags)
	if !refused {
		unused, err := a.unused(ctx, others)
		if err != nil {
			return err
		}
		p.diagnostics = append(p.diagnostics, unused...)
	}
	p.diagnostics = model.Sort(p.diagnostics)
	return nil
}

// A reader makes functions of the application's files, on each platform once.
type reader struct {
	root        *os.Root
	config      *config.Config
	local       bool        // for this machine
	flags       model.Build // what GOFLAGS decides
	scan        *discover.Scan
	asked       []model.Target
	platforms   map[string]model.App
	functions   []model.Function        // of all platforms
	loops       map[token.Position]bool // where loop=ok stands, and whether there is a loop on one of the targets
	diagnostics []model.Diagnostic      // of all platforms and GOFLAGS, besides those of the scan
}

// platform returns what the target's functions are compiled for, and what is the
// same for all targets that compile the same.
func (r *reader) platform(target model.Target) (model.Platform, string) {
	platform := target.Platform()
	if r.local {
		platform = model.LocalPlatform()
	}
	platform = platform.With(r.config.Build()).With(r.flags)
	return platform, fmt.Sprint(platform, platform.Tags) // the rest is the same for all
}

// target returns the target with its functions and what is wrong with them
// there, each for itself and taken together.
func (r *reader) target(ctx context.Context, target model.Target) (targeted, error) {
	platform, compiled := r.platform(target)
	app, ok := r.platforms[compiled]
	if !ok {
		names := []string{target.Name()}
		for _, other := range r.asked {
			if _, same := r.platform(other); same == compiled && other.Name() != target.Name() {
				names = append(names, other.Name())
			}
		}
		var diagnostics []model.Diagnostic
		var err error
		if app, diagnostics, err = r.scan.Resolve(ctx, platform, names...); err != nil {
			return targeted{}, err
		}
		for i, f := range app.Functions {
			app.Functions[i] = r.config.Operate(f, "")
		}
		for i, f := range app.Others {
			app.Others[i] = r.config.Operate(f, "")
		}
		r.platforms[compiled] = app
		r.functions = slices.Concat(r.functions, app.Functions, app.Others)
		r.diagnostics = append(r.diagnostics, diagnostics...)
	}
	t := targeted{Target: target, app: app}
	t.app.Functions = nil
	compiledHere := map[string]bool{}
	for _, f := range app.Functions {
		compiledHere[f.Name] = true
		if !f.MeantFor(t.Name()) {
			t.left = append(t.left, f)
			continue
		}
		t.app.Functions = append(t.app.Functions, r.config.Operate(f, t.Name()))
	}
	for _, f := range app.Others {
		if !f.MeantFor(t.Name()) && !compiledHere[f.Name] {
			t.left = append(t.left, f)
		}
	}
	if feeder, ok := target.(model.Feeder); ok {
		for i, f := range t.app.Functions {
			t.app.Functions[i].Feed = feeder.Feed(f.Trigger)
		}
	}
	t.app.Functions, t.diagnostics = model.CheckOn(target, t.app.Functions)
	for pos, meant := range model.LoopsMeant(target, t.app.Functions) {
		r.loops[pos] = r.loops[pos] || meant
	}
	if !model.Failed(r.scan.Diagnostics) { // else nobody knows which functions are gone
		t.diagnostics = append(t.diagnostics, build.Renamed(r.root, t.Name(), t.app, t.left)...)
	}
	return t, nil
}

// plan makes the infrastructure of the functions, if there are any and none is
// refused, and adds what is wrong with it.
func (t *targeted) plan() error {
	if len(t.app.Functions) == 0 || model.Failed(t.diagnostics) {
		return nil
	}
	files, diagnostics, err := t.Infrastructure(t.app)
	t.infrastructure, t.diagnostics = files, append(t.diagnostics, diagnostics...)
	return err
}

// usable returns an error if something is refused, of which nothing is made.
func (p *Project) usable() error {
	if model.Failed(p.diagnostics) {
		return errors.New("there are errors in the application, which its diagnostics show")
	}
	return nil
}

// Findings are an error that is made of diagnostics: a command did nothing
// because of what lies where it writes.
type Findings []Diagnostic

func (f Findings) Error() string {
	var lines []string
	for _, d := range f {
		lines = append(lines, d.String())
	}
	return strings.Join(lines, "\n")
}

// facade returns the error as those see it who use this package.
func facade(err error) error {
	var inner model.Findings
	if !errors.As(err, &inner) {
		return err
	}
	var out Findings
	for _, d := range model.Sort(inner) {
		out = append(out, diagnostic(d))
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

// Help returns the syntax of every directive and the shapes of handlers, for
// people.
func Help() string { return directive.Help() }

// Version returns the version of this fngen, "(devel)" if it was built from a
// checkout.
func Version() string { return build.Version() }
