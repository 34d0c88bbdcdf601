package loop

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/model"
)

// A build is the application with a process for each of its functions.
type build struct {
	number    int
	target    model.Target
	functions []model.Function // sorted by name
	workers   map[string]*worker
	mux       *http.ServeMux
	urls      map[string][]string
	program   string
	remarks   []string // that are told of it
	digest    string   // of all that a difference in makes another build
	end       context.CancelFunc
}

// stop lets the processes finish what they have, and ends them.
func (b *build) stop(ctx context.Context) {
	var group sync.WaitGroup
	for _, w := range b.workers {
		group.Go(func() { w.stop(ctx) })
	}
	group.Wait()
	b.end()
}

// reload makes a build of what the files hold, and serves it when all of its
// functions are ready. Of a build that is given up, since the context ends, nobody
// hears.
func (s *session) reload(ctx context.Context, since time.Time) {
	var old *build
	s.set(func() {
		old, s.building = s.current, 1
		if old != nil {
			s.building = old.number + 1
		}
	})
	b, unready, err := s.make(ctx, old)
	err = positioned(err)
	if ctx.Err() != nil {
		if b != nil && b != old {
			b.stop(s.life)
		}
		s.set(func() { s.building = 0 })
		return
	}
	wasStale := false
	s.set(func() {
		s.building = 0
		wasStale = s.trouble != nil
		s.trouble = err
		if err == nil {
			s.current = b
		}
	})
	switch {
	case err != nil:
		s.tell(Note{Kind: Stale, Err: err})
		return
	case b == old:
		if wasStale {
			s.tell(Note{Kind: Current})
		}
		return
	}
	s.Update(b.functions)
	if old == nil || !slices.Equal(old.remarks, b.remarks) {
		for _, text := range b.remarks {
			s.remark("%s", text)
		}
	}
	s.tell(Note{Kind: Serving, Functions: b.places(), Duration: time.Since(since)})
	s.tellEarly()
	if names := b.unchecked(); len(names) > 0 && (old == nil || !slices.Equal(names, old.unchecked())) {
		s.remark("whoever calls is let in here: the tokens that %s check on %s are not asked for", strings.Join(names, ", "), s.target)
	}
	for _, err := range unready {
		s.remark("%v; it is tried again when something is delivered to it", err)
	}
	if old != nil {
		s.old.Go(func() { old.stop(s.life) })
	}
}

// make returns the build of what the files hold, which is the old one if nothing
// is different. Of the first build functions may be unready; of a later one no
// function runs then.
func (s *session) make(ctx context.Context, old *build) (b *build, unready []error, err error) {
	app, err := s.read(ctx)
	if err != nil {
		return nil, nil, err
	}
	name := s.target + "-dev-1"
	if old != nil && strings.Contains(filepath.Base(old.program), name) {
		name = s.target + "-dev-2" // what runs may have to be started again
	}
	b = &build{number: 1, target: app.Target, functions: slices.Clone(app.Functions), remarks: app.Remarks, workers: map[string]*worker{}}
	slices.SortFunc(b.functions, func(a, b model.Function) int { return cmp.Compare(a.Name, b.Name) })
	if b.program, err = program.Build(ctx, app.Target, app.App, name); err != nil {
		return nil, nil, err
	}
	if b.digest, err = digest(b.program, b.functions, app.Env, app.Secrets); err != nil {
		return nil, nil, err
	}
	if old != nil {
		if b.number = old.number + 1; b.digest == old.digest {
			return old, nil, nil
		}
	}
	b.mux, b.urls = routes(b.functions, s.address)
	unready, err = s.start(ctx, b, app)
	if err == nil && old != nil && len(unready) > 0 {
		err = errors.Join(unready...)
	}
	if err != nil {
		b.stop(s.life)
		return nil, nil, err
	}
	return b, unready, nil
}

// positioned leaves out of findings what the go command says of a package, where
// others say at which places.
func positioned(err error) error {
	var findings model.Findings
	if !errors.As(err, &findings) {
		return err
	}
	hasPlace := func(d model.Diagnostic) bool { return d.Pos.Line > 0 }
	if !slices.ContainsFunc(findings, hasPlace) {
		return err
	}
	return slices.DeleteFunc(slices.Clone(findings), func(d model.Diagnostic) bool { return !hasPlace(d) && d.Code == "go-compile" })
}

// mostStarting is how many processes start at once.
const mostStarting = 4

// start starts the functions, and returns which of them are not ready. They end
// when the context does before it returns, and with the session later.
func (s *session) start(ctx context.Context, b *build, app Application) (unready []error, err error) {
	life, end := context.WithCancel(s.life)
	b.end = end
	defer context.AfterFunc(ctx, end)()
	home := filepath.Join(s.root, program.Folder, "home")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, err
	}
	if err := s.Store.Prepare(b.functions); err != nil {
		return nil, err
	}
	isFIFO := map[string]bool{}
	for _, f := range b.functions {
		if q, ok := f.Trigger.(model.Queue); ok && q.FIFO {
			isFIFO[q.Name] = true
		}
	}
	failed := make([]error, len(b.functions))
	var group errgroup.Group
	group.SetLimit(mostStarting)
	for i, f := range b.functions {
		w := newWorker(s.target, f, b.number, func(context.Context) (*platform.Process, error) {
			env := app.Env[f.Name]
			if s.profile != nil {
				keys, err := s.profile.Environment(life)
				if err != nil {
					return nil, err
				}
				env = slices.Concat(env, keys)
			}
			return s.host.Start(life, platform.Command{Path: b.program, Args: []string{f.Name}}, f, platform.Options{
				Env: env, Home: home, Store: s.Store, Secrets: app.Secrets[f.Name], FIFO: func(queue string) bool { return isFIFO[queue] },
				Log:  func(l platform.Line) { s.tell(Note{Kind: Logged, Function: f.Name, Text: l.Text}) },
				Emit: func(e platform.Emission) error { return s.Emit(f.Name, e) },
			})
		})
		b.workers[f.Name] = w
		group.Go(func() error {
			failed[i] = w.warm(life)
			return nil
		})
	}
	_ = group.Wait() // none returns an error
	for _, err := range failed {
		if err != nil {
			unready = append(unready, err)
		}
	}
	return unready, nil
}

// places are where something happens to the functions.
func (b *build) places() []Place {
	var out []Place
	for _, f := range b.functions {
		p := Place{Function: f.Name, Trigger: f.Trigger, URLs: b.urls[f.Name]}
		if t, ok := f.Trigger.(model.Object); ok {
			p.Folder = bucketFolder(t.Bucket)
		}
		out = append(out, p)
	}
	return out
}

// unchecked are the functions that verify who calls them, but not here.
func (b *build) unchecked() (names []string) {
	t, ok := b.target.(model.CallerChecker)
	for _, f := range b.functions {
		if ok && t.ChecksCaller(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// digest is the same for builds between which nothing is different.
func digest(program string, functions []model.Function, env map[string][]string, secrets map[string]map[string]string) (string, error) {
	h := sha256.New()
	file, err := os.Open(program)
	if err != nil {
		return "", err
	}
	defer file.Close()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	for _, f := range functions {
		text, err := json.Marshal([]any{f, f.Trigger.Kind(), env[f.Name], secrets[f.Name]})
		if err != nil {
			return "", fmt.Errorf("%s: %w", f.Name, err)
		}
		h.Write(text)
	}
	return strconv.Quote(string(h.Sum(nil))), nil
}
