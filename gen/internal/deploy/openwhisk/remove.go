package openwhisk

import (
	"context"
	"errors"
	"net/http"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// removable are the kinds in the order in which they are removed.
var removable = []string{"rule", "trigger", "action"}

// remove plans the removal of what is marked as the package's and is not wanted:
// what fires first, so that no feed sends where nothing is.
func (p *plan) remove(pkg string, there found) {
	for _, name := range p.orphans(there, "trigger", pkg) {
		trigger := there.of["trigger"][name]
		feed, known := trigger.feed(), trigger.mark().Digest != ""
		if feed != "" {
			p.half(deploy.Step{Kind: "trigger", Name: name}, feed, func(c *client) error { return c.stopFeed(name, feed, false, known) })
		}
	}
	for _, kind := range removable {
		for _, name := range p.orphans(there, kind, pkg) {
			p.do(p.step(deploy.Remove, kind, name, ""), func(c *client) error { return c.remove(kind + "s/" + name) })
		}
	}
}

// leave plans nothing with what the application no longer has, and shows it.
func (p *plan) leave(pkg string, there found) {
	for _, kind := range removable {
		for _, name := range p.orphans(there, kind, pkg) {
			p.step(deploy.Leave, kind, name, "is no longer in the application")
		}
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
	others := len(there.of["action"]) - len(p.orphans(there, "action", pkg))
	p.remove(pkg, there)
	out := deploy.Plan{Target: "openwhisk", Place: place(c, namespace, pkg), Notes: []string{}}
	if there.isPkg && there.pkg.mark().Package == pkg {
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
