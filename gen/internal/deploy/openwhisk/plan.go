package openwhisk

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
	target "github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// An Application is what is deployed, and how to get at the platform.
type Application struct {
	Deployment target.Deployment
	Kinds      []string // that there are archives for
	KindsNamed bool     // by fngen.yaml
	CA         string
	Archive    func(f model.Function, kind string) ([]byte, error) // of the kinds
	Env        func(string) string
	Home       string    // the user's folder
	Log        io.Writer // gets a line for each request; nil for none

	wait, patience time.Duration // of the guard; 0 for its own
}

// connect returns the client and a sentence about where it leads.
func (a Application) connect(ctx context.Context) (c *client, namespace string, err error) {
	access, err := ReadAccess(a.Env, a.Home)
	if err != nil {
		return nil, "", err
	}
	var secrets []string
	for _, name := range a.Deployment.Variables() {
		secrets = append(secrets, a.Env(name))
	}
	if c, err = newClient(ctx, access, a.CA, a.Log, secrets); err != nil {
		return nil, "", err
	}
	c.guard.wait, c.guard.patience = cmp.Or(a.wait, firstWait), cmp.Or(a.patience, patience)
	r, err := c.NewRequest(http.MethodGet, "namespaces", nil, false)
	if err != nil {
		return nil, "", plain(err)
	}
	var namespaces []string
	if _, err = c.Do(r, &namespaces, false); err != nil {
		err = plain(err)
		if isStatus(err, http.StatusUnauthorized) || isStatus(err, http.StatusForbidden) {
			err = fmt.Errorf("%w; see AUTH in %s", err, access.File)
		}
		return nil, "", fmt.Errorf("%s: %w", access.Host, err)
	}
	if len(namespaces) == 0 {
		return nil, "", fmt.Errorf("%s: the key in %s has no namespace", access.Host, access.File)
	}
	if namespace = access.Namespace; namespace == "_" {
		namespace = namespaces[0]
	}
	return c, namespace, nil
}

func place(c *client, namespace, pkg string) string {
	return fmt.Sprintf("package %s in namespace %s at %s", pkg, namespace, c.access.Host)
}

// A plan is made of operations in their order, of which those that a person cares
// about have a step: it is done when its operation is.
type plan struct {
	steps      []deploy.Step
	operations []operation
}

type operation struct {
	step deploy.Step // the zero value for none of its own
	what string      // for the error
	feed string      // that is invoked; "" for none
	do   func(*client) error
}

func (p *plan) step(do deploy.Do, kind, name, why string) deploy.Step {
	s := deploy.Step{Do: do, Kind: kind, Name: name, Why: why}
	p.steps = append(p.steps, s)
	return s
}

func (p *plan) do(s deploy.Step, do func(*client) error) {
	p.operations = append(p.operations, operation{step: s, what: s.Kind + " " + s.Name, do: do})
}

// half is an operation that another one finishes; feed is what it invokes, "" for
// none.
func (p *plan) half(s deploy.Step, feed string, do func(*client) error) {
	p.operations = append(p.operations, operation{what: s.Kind + " " + s.Name, feed: full(feed), do: do})
}

// A found is what the platform has.
type found struct {
	pkg   entity
	isPkg bool
	of    map[string]map[string]entity // by kind and name; that of an action begins with the package
}

// A rule leads from a trigger to an action.
type rule struct {
	entity
	Status  string `json:"status"`
	Trigger path   `json:"trigger"`
	Action  path   `json:"action"`
}

type path struct {
	Path string `json:"path"` // the namespace, and after a slash the package
	Name string `json:"name"`
}

// find asks for what is there. Lists are of the namespace, since what the
// application no longer has is nowhere else.
func (c *client) find(pkg string) (found, error) {
	f := found{of: map[string]map[string]entity{"action": {}, "trigger": {}, "rule": {}}}
	var p struct {
		entity
		Actions, Feeds []entity // an action with the annotation feed is among these
	}
	err := c.get("packages/"+pkg, &p)
	switch {
	case err == nil:
		f.pkg, f.isPkg = p.entity, true
	case !isStatus(err, http.StatusNotFound):
		return f, fmt.Errorf("package %s: %w", pkg, err)
	}
	for _, a := range append(p.Actions, p.Feeds...) {
		f.of["action"][pkg+"/"+a.Name] = a
	}
	for _, kind := range []string{"trigger", "rule"} {
		all, err := list[entity](c, kind+"s", "")
		if err != nil {
			return f, fmt.Errorf("list %ss: %w", kind, err)
		}
		for _, e := range all {
			f.of[kind][e.Name] = e
		}
	}
	return f, nil
}

// orphans are the names of what is marked as the package's and has no step in the
// plan, sorted.
func (p *plan) orphans(there found, kind, pkg string) []string {
	var names []string
	for name, e := range there.of[kind] {
		isWanted := func(s deploy.Step) bool { return s.Kind == kind && s.Name == name }
		if e.mark().Package == pkg && !slices.ContainsFunc(p.steps, isWanted) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Plan compares the application with what is on the platform, by requests that
// change nothing.
func (a Application) Plan(ctx context.Context, o deploy.Options) (deploy.Plan, error) {
	missing := slices.DeleteFunc(a.Deployment.Variables(), func(name string) bool { return a.Env(name) != "" })
	if len(missing) > 0 {
		return deploy.Plan{}, fmt.Errorf("the environment has no %s; what feeds and callers know is told by it alone", strings.Join(missing, ", "))
	}
	c, namespace, err := a.connect(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	kind, err := c.kind(a.Kinds, a.KindsNamed)
	if err != nil {
		return deploy.Plan{}, err
	}
	there, err := c.find(a.Deployment.Package)
	if err != nil {
		return deploy.Plan{}, err
	}
	var p plan
	pkg := a.Deployment.Package
	if s, differs := p.compare("package", pkg, there.isPkg, ""); differs {
		p.do(s, func(c *client) error {
			return c.put("packages/"+pkg, map[string]any{"annotations": []pair{{mark, marked{Package: pkg}}}})
		})
	}
	if err := a.actions(&p, there, kind); err != nil {
		return deploy.Plan{}, err
	}
	feeds := a.triggers(&p, there, c.access.Key)
	if err := a.rules(&p, c, there, namespace); err != nil {
		return deploy.Plan{}, err
	}
	p.operations = append(p.operations, feeds...)
	if o.Prune {
		p.remove(pkg, there)
	} else {
		p.leave(pkg, there)
	}
	out := deploy.Plan{Target: "openwhisk", Place: place(c, namespace, pkg), Steps: p.steps, Notes: []string{}}
	if n := out.Count(deploy.Leave); n > 0 {
		out.Notes = append(out.Notes, "what the application no longer has still runs, and handles what comes; --prune removes it")
	}
	if !slices.Contains(a.Kinds, kind) {
		out.Notes = append(out.Notes, fmt.Sprintf("the platform has no %s; actions are deployed as %s", a.Kinds[0], kind))
	}
	out.Carry = p.carry(c, deploy.Result{Addresses: a.addresses(c, namespace)})
	return out, nil
}

// compare plans what becomes of an entity that differs as why says, and reports
// whether it has to be sent.
func (p *plan) compare(kind, name string, exists bool, why string) (s deploy.Step, differs bool) {
	switch {
	case !exists:
		return p.step(deploy.Create, kind, name, ""), true
	case why == "":
		return p.step(deploy.Keep, kind, name, ""), false
	}
	return p.step(deploy.Change, kind, name, why), true
}

// actions plans the actions.
func (a Application) actions(p *plan, there found, kind string) error {
	pkg := a.Deployment.Package
	for _, wanted := range a.Deployment.Actions {
		packaged := kind
		if !slices.Contains(a.Kinds, kind) {
			packaged = a.Kinds[0]
		}
		archive, err := a.Archive(wanted.Function, packaged)
		if err == nil && packaged != kind {
			archive, err = repack(archive, kind)
		}
		if err != nil {
			return fmt.Errorf("archive of %s: %w", wanted.Function.Name, err)
		}
		w := action(wanted, kind, archive, a.Env)
		full := pkg + "/" + w.name
		before, exists := there.of["action"][full]
		if s, differs := p.compare("action", full, exists, before.difference(pkg, w.digest)); differs {
			p.do(s, func(c *client) error { return c.put("actions/"+full, w.body(pkg, before.next())) })
		}
	}
	return nil
}

// triggers plans the triggers and returns the operations that make the feeds, for
// when the rules are there: what a feed sends before has no action to go to.
//
// As long as a feed is not known to be made, the digest is missing in the mark, and
// the annotation feed is that of what may still have to be stopped.
func (a Application) triggers(p *plan, there found, key string) []operation {
	pkg := a.Deployment.Package
	var feeds plan
	for _, wanted := range a.Deployment.Triggers {
		w := trigger(wanted, key, a.Env)
		before, exists := there.of["trigger"][w.name]
		s, differs := p.compare("trigger", w.name, exists, before.difference(pkg, w.digest))
		if !differs {
			continue
		}
		old := before.feed()
		version := before.next()
		finish := func(c *client) error { return c.putTrigger(w.name, w.feed, marked{pkg, w.digest, version}) }
		if w.feed == "" && old == "" {
			p.do(s, finish)
			continue
		}
		begun := cmp.Or(old, w.feed)
		p.half(s, "", func(c *client) error { return c.putTrigger(w.name, begun, marked{Package: pkg, Version: version}) })
		if old != "" {
			m := before.mark()
			known := m.Package != pkg || m.Digest != ""
			feeds.half(s, old, func(c *client) error { return c.stopFeed(w.name, old, w.feed == old, known) })
		}
		if w.feed != "" {
			if w.feed != begun {
				feeds.half(s, "", func(c *client) error { return c.putTrigger(w.name, w.feed, marked{Package: pkg, Version: version}) })
			}
			feeds.half(s, w.feed, func(c *client) error { return c.startFeed(w) })
		}
		feeds.do(s, finish)
	}
	return feeds.operations
}

// putTrigger sends the trigger. Its annotations replace those that were there
// (update in Triggers.scala), and its rules stay.
func (c *client) putTrigger(name, feed string, m marked) error {
	annotations := []pair{{mark, m}}
	if feed != "" {
		annotations = append(annotations, pair{"feed", feed})
	}
	return c.put("triggers/"+name, map[string]any{"parameters": []pair{}, "annotations": annotations, "version": m.Version})
}

// rules plans the rules. A list of them has no status, which is kept in the trigger,
// and lost with it: one that is created anew, or that a rule is led away from, leaves
// a rule which does nothing.
func (a Application) rules(p *plan, c *client, there found, namespace string) error {
	pkg := a.Deployment.Package
	for _, w := range a.Deployment.Rules {
		why := ""
		_, exists := there.of["rule"][w.Name]
		if exists {
			var before rule
			if err := c.get("rules/"+w.Name, &before); err != nil {
				return fmt.Errorf("rule %s: %w", w.Name, err)
			}
			switch {
			case before.mark().Package != pkg:
				why = "is there already, and fngen takes it over"
			case before.Trigger.Name != w.Trigger || before.Action != path{namespace + "/" + pkg, w.Action}:
				why = "differs"
			case before.Status != "active":
				why = "is " + before.Status
			}
		}
		if s, differs := p.compare("rule", w.Name, exists, why); differs {
			p.do(s, func(c *client) error { return c.putRule(w, pkg) })
		}
	}
	return nil
}

// putRule sends the rule and has it be active.
func (c *client) putRule(w target.Rule, pkg string) error {
	err := c.put("rules/"+w.Name, map[string]any{
		"trigger": "/_/" + w.Trigger, "action": "/_/" + pkg + "/" + w.Action,
		"annotations": []pair{{mark, marked{Package: pkg}}},
	})
	if err != nil {
		return err
	}
	var now rule
	if err := c.get("rules/"+w.Name, &now); err != nil || now.Status == "active" {
		return err
	}
	if err := c.call(http.MethodPost, "rules/"+w.Name, map[string]string{"status": "active"}, nil); err != nil {
		return fmt.Errorf("activate: %w", err)
	}
	if err := c.get("rules/"+w.Name, &now); err != nil {
		return err
	}
	if now.Status != "active" {
		return fmt.Errorf("it is %s, though it was activated", now.Status)
	}
	return nil
}

// addresses are those of web actions.
func (a Application) addresses(c *client, namespace string) []deploy.Address {
	addresses := []deploy.Address{}
	for _, w := range a.Deployment.Actions {
		if w.Web {
			path := fmt.Sprintf("/api/v1/web/%s/%s/%s", url.PathEscape(namespace), a.Deployment.Package, w.Name)
			addresses = append(addresses, deploy.Address{Function: w.Function.Name, URL: c.access.Host + path})
		}
	}
	return addresses
}

// carry returns what carries the plan out.
func (p *plan) carry(c *client, r deploy.Result) func(context.Context, func(string)) (deploy.Result, error) {
	return func(ctx context.Context, tell func(string)) (deploy.Result, error) {
		c, err := c.with(ctx)
		if err != nil {
			return deploy.Result{}, err
		}
		for _, o := range p.operations {
			if o.feed != "" {
				tell("waiting for the feed " + o.feed)
			}
			err := ctx.Err()
			if err == nil {
				err = o.do(c)
			}
			if ctx.Err() != nil {
				text := "nothing goes on without fngen; what was sent stays, and the same command does the rest"
				if o.feed != "" {
					text = fmt.Sprintf("the feed %s may go on with what it was asked for; the same command finds out, and does the rest", o.feed)
				}
				tell(text)
				return deploy.Result{}, ctx.Err()
			}
			if err != nil {
				return deploy.Result{}, fmt.Errorf("%s: %w", o.what, err)
			}
			if o.step != (deploy.Step{}) {
				tell(o.step.Done())
			}
		}
		return r, nil
	}
}

// Home is the folder of the user, in which .wskprops lies.
func Home() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "."
	}
	return home
}
