package openwhisk

import (
	"context"
	"errors"
	"net/http"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// remove plans the removal of what is marked as the package's and is not wanted:
// what fires first, so that no feed sends where nothing is.
func (p *plan) remove(pkg string, there found, wanted map[string]map[string]bool) {
	triggers := orphans(there.triggers, pkg, wanted["trigger"])
	for _, name := range triggers {
		feed := there.triggers[name].text("feed")
		if feed == "" {
			continue
		}
		known := there.triggers[name].mark().Digest != ""
		p.half(deploy.Step{Kind: "trigger", Name: name}, func(c *client) error { return c.stopFeed(name, feed, false, known) })
		p.last().feed = full(feed)
	}
	for _, name := range orphans(there.rules, pkg, wanted["rule"]) {
		p.do(p.step(deploy.Remove, "rule", name, ""), func(c *client) error { return c.remove("rules/" + name) })
	}
	for _, name := range triggers {
		p.do(p.step(deploy.Remove, "trigger", name, ""), func(c *client) error { return c.remove("triggers/" + name) })
	}
	for _, name := range orphans(there.actions, pkg, wanted["action"]) {
		p.do(p.step(deploy.Remove, "action", pkg+"/"+name, ""), func(c *client) error { return c.remove("actions/" + pkg + "/" + name) })
	}
}

// leave plans nothing with what the application no longer has, and shows it.
func (p *plan) leave(pkg string, there found, wanted map[string]map[string]bool) {
	const why = "is no longer in the application"
	for _, name := range orphans(there.rules, pkg, wanted["rule"]) {
		p.step(deploy.Leave, "rule", name, why)
	}
	for _, name := range orphans(there.triggers, pkg, wanted["trigger"]) {
		p.step(deploy.Leave, "trigger", name, why)
	}
	for _, name := range orphans(there.actions, pkg, wanted["action"]) {
		p.step(deploy.Leave, "action", pkg+"/"+name, why)
	}
}

// Removal plans the removal of all that fngen has deployed of the package, and of
// the package itself if fngen created it and nothing else is in it.
func (a Application) Removal(ctx context.Context) (deploy.Plan, error) {
	c, namespace, err := a.connect(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	pkg := a.Deployment.Package
	there, err := c.find(pkg)
	if err != nil {
		return deploy.Plan{}, err
	}
	var p plan
	p.remove(pkg, there, nil)
	out := deploy.Plan{Target: "openwhisk", Place: place(c, namespace, pkg), Notes: []string{}}
	if there.isPkg && there.pkg.mark().Package == pkg {
		others := len(there.actions) - len(orphans(there.actions, pkg, nil))
		if others == 0 {
			p.do(p.step(deploy.Remove, "package", pkg, ""), func(c *client) error {
				err := c.remove("packages/" + pkg)
				if isStatus(err, http.StatusConflict) {
					return errors.New("others have put actions into it meanwhile, so that it stays")
				}
				return err
			})
		} else {
			out.Notes = append(out.Notes, "the package stays: it holds actions that fngen did not deploy")
		}
	}
	out.Steps = append([]deploy.Step{}, p.steps...)
	out.Carry = p.carry(c, deploy.Result{Addresses: []deploy.Address{}})
	return out, nil
}
