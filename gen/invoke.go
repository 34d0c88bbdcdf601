package gen

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fngen/fngen/gen/internal/dev/invoke"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
)

// InvokeOptions say what is delivered to which function.
type InvokeOptions struct {
	Function string
	Event    []byte // an event in CloudEvents' structured mode, or an HTTP request; nil for none
	Data     []byte // of a sample, if there is no Event; the sample's own if it is nil, too
	Native   bool   // Event is what the platform itself sends
	Artifact bool   // runs what lies in dist/, which is built first unless it is as the source is, instead of what is compiled for this machine

	// Told is told what a developer should know of the run, such as where the values
	// of secrets come from; nil for nobody.
	Told func(string)

	// Of artifacts: Build's cache, and what is told of each archive that was
	// missing or stale, and that now is there; nil for nobody.
	Cache string
	Built func(path string)
}

// An Invocation is what came of a delivery to a function on one target.
type Invocation struct {
	Function  string            `json:"function"`
	Target    string            `json:"target"`
	Events    []json.RawMessage `json:"events"`             // as the handler is given them; of one that serves net/http the request
	Status    int               `json:"status,omitempty"`   // of the response of an HTTP function
	Type      string            `json:"type,omitempty"`     // of its content
	Body      string            `json:"body,omitempty"`     // in base64 if it is no text
	IsBase64  bool              `json:"isBase64,omitempty"` // the body is
	Refusal   string            `json:"refusal,omitempty"`  // why the platform never sends such a thing; nothing else is there then
	Answer    string            `json:"answer"`             // to the platform; on Google the status
	Failure   string            `json:"failure,omitempty"`  // that the platform sees in it
	Fate      string            `json:"fate"`               // answered, acknowledged, redelivered, dead-lettered, dropped or failed
	Emissions []Emission        `json:"emissions"`
	Writes    []string          `json:"writes,omitempty"` // to collections and buckets: document users/7 created {…}
	Logs      []string          `json:"logs"`
	Duration  time.Duration     `json:"duration"` // nanoseconds, from delivery to answer
}

// An Emission is an event that a function has sent to a sink, or to its dead
// letters.
type Emission struct {
	Kind         string          `json:"kind"` // queue, topic, event or http
	Sink         string          `json:"sink"`
	Event        json.RawMessage `json:"event"` // in CloudEvents' structured mode
	IsDeadLetter bool            `json:"deadLetter,omitempty"`
}

// Invoke delivers an event to the function on each of the project's targets that
// it is meant for, on this machine, and says where what came of it differs from
// one to the other. The project is one that was opened as Local. What it builds
// is in .fngen/. The error is [Findings] of what does not compile.
func (p *Project) Invoke(ctx context.Context, o InvokeOptions) (list []Invocation, differences []string, err error) {
	ctx = p.logged(ctx)
	var targets []string
	var results []invoke.Result
	for _, t := range p.targets {
		f, ok, err := p.runnable(t, o.Function)
		if err != nil {
			return nil, nil, err
		}
		if !ok {
			continue
		}
		s, done, err := p.store(t, f)
		if err != nil {
			return nil, nil, err
		}
		defer done()
		r, err := p.prepare(ctx, t, f, o, s)
		if reason := invoke.Never(err); reason != "" && len(p.targets) > 1 {
			list = append(list, Invocation{Function: f.Name, Target: t.Name(), Refusal: reason})
			continue
		}
		if err != nil {
			return nil, nil, facade(err)
		}
		result, err := invoke.Do(ctx, r)
		if err != nil {
			return nil, nil, withLog(err, result)
		}
		targets, results = append(targets, t.Name()), append(results, result)
		list = append(list, invocation(f.Name, t.Name(), result))
	}
	if list == nil {
		return nil, nil, fmt.Errorf("%s is not meant for %s, as its directives say", o.Function, strings.Join(p.Targets(), ", "))
	}
	return list, invoke.Differences(targets, results), nil
}

// runnable returns the function as the target has it, unless it is meant for
// others. The error says that it is refused.
func (p *Project) runnable(t targeted, name string) (f model.Function, ok bool, err error) {
	i := slices.IndexFunc(t.app.Functions, func(f model.Function) bool { return f.Name == name })
	if i < 0 {
		return f, false, nil
	}
	for _, d := range p.diagnostics {
		if d.Severity == model.Error && (d.Target == "" || d.Target == t.Name() && d.Function == name) {
			return f, false, Findings{diagnostic(d)}
		}
	}
	return t.app.Functions[i], true, nil
}

// prepare makes all that the function runs with.
func (p *Project) prepare(ctx context.Context, t targeted, f model.Function, o InvokeOptions, s *store.Store) (invoke.Run, error) {
	r := invoke.Run{Target: t.Name(), Function: f, Options: platform.Options{Store: s}}
	var err error
	input := invoke.Input{Event: o.Event, Data: o.Data, Native: o.Native, Store: s}
	if r.Payload, err = input.Payload(t.Name(), f, time.Now()); err != nil {
		return r, err
	}
	secrets, err := p.root.ReadFile(program.Folder + "/" + platform.SecretsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return r, err
	}
	if r.Options.Env, err = platform.Environment(f, string(secrets)); err != nil {
		return r, err
	}
	var from []string
	if r.Options.Secrets, from, err = platform.Secrets(f, string(secrets)); err != nil {
		return r, err
	}
	for _, text := range from {
		if o.Told != nil {
			o.Told(text)
		}
	}
	if o.Artifact {
		if r.Artifact, err = p.artifact(ctx, t, f, o); err != nil {
			return r, err
		}
	}
	app := t.app
	app.Functions = []model.Function{f}
	if r.Program, err = program.Build(ctx, t.Target, app, f.Name+"-"+t.Name()); err != nil {
		return r, err
	}
	r.Options.Home = filepath.Join(p.root.Name(), program.Folder, "home")
	r.Options.FIFO = func(queue string) bool {
		return slices.ContainsFunc(t.app.Functions, func(f model.Function) bool {
			q, ok := f.Trigger.(model.Queue)
			return ok && q.Name == queue && q.FIFO
		})
	}
	return r, os.MkdirAll(r.Options.Home, 0o700)
}

// store returns what the function uses, for this one time: its collections are
// empty, and its buckets begin with what lies in those of fngen dev. It is nil for
// a function that uses nothing.
func (p *Project) store(t targeted, f model.Function) (s *store.Store, done func(), err error) {
	if len(f.Uses) == 0 {
		return nil, func() {}, nil
	}
	folder := filepath.Join(p.root.Name(), program.Folder)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, nil, err
	}
	own, err := os.MkdirTemp(folder, "objects-") // beside the others, whose files it links
	if err != nil {
		return nil, nil, err
	}
	if s, err = store.New(store.Options{Target: t.Name(), Folder: own}); err != nil {
		os.RemoveAll(own)
		return nil, nil, err
	}
	done = func() {
		s.Close()
		os.RemoveAll(own)
	}
	var buckets []string
	for _, u := range f.Uses {
		if u.Kind == model.UseObject && !slices.Contains(buckets, u.Name) {
			buckets = append(buckets, u.Name)
		}
	}
	err = errors.Join(s.Prepare([]model.Function{f}), s.Seed(filepath.Join(folder, "objects"), buckets))
	if err != nil {
		done()
		return nil, nil, err
	}
	return s, done, nil
}

// artifact returns the command that runs the function as it lies in dist/, once
// it is there as the source has it.
func (p *Project) artifact(ctx context.Context, t targeted, f model.Function, o InvokeOptions) (*platform.Command, error) {
	if err := invoke.CheckArtifact(t.Target); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	options := p.options
	options.Targets, options.Local = []string{t.Name()}, false
	deployed, err := Open(ctx, options)
	if err != nil {
		return nil, err
	}
	defer deployed.Close()
	if found := slices.DeleteFunc(deployed.Diagnostics(), func(d Diagnostic) bool { return d.Severity != Error }); len(found) > 0 {
		return nil, Findings(found)
	}
	there := invoke.Archives(p.root, t.Name(), f.Name)
	built, err := deployed.Build(ctx, BuildOptions{Functions: []string{f.Name}, Cache: o.Cache})
	if err != nil {
		return nil, err
	}
	a := built.List[0] // the archives for several images are the same
	if o.Built != nil && !slices.Contains(there, a.SHA256) {
		o.Built(a.Path)
	}
	command, err := invoke.Artifact(p.root, t.Target, f, a.Path)
	return &command, err
}

// withLog adds what a function logged before the error.
func withLog(err error, r invoke.Result) error {
	for _, line := range r.Logs {
		err = fmt.Errorf("%w\n  %s", err, line.Text)
	}
	return err
}

// invocation is the result as those see it who use this package.
func invocation(function, target string, r invoke.Result) Invocation {
	out := Invocation{
		Function: function, Target: target, Events: append([]json.RawMessage{}, r.Events...), Answer: string(r.Answer), Failure: r.Failure,
		Fate: string(r.Fate), Emissions: []Emission{}, Logs: []string{}, Duration: r.Duration,
	}
	if r.Response != nil {
		out.Status, out.Type, out.Body = r.Response.Status, r.Response.ContentType, string(r.Response.Body)
		if out.IsBase64 = !utf8.Valid(r.Response.Body); out.IsBase64 {
			out.Body = base64.StdEncoding.EncodeToString(r.Response.Body)
		}
	}
	for _, e := range r.Emissions {
		out.Emissions = append(out.Emissions, Emission{e.Kind, e.Name, e.Event, e.IsLetter})
	}
	for _, w := range r.Writes {
		out.Writes = append(out.Writes, w.String())
	}
	for _, line := range r.Logs {
		out.Logs = append(out.Logs, line.Text)
	}
	return out
}
