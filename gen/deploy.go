package gen

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	awsdeploy "github.com/fngen/fngen/gen/internal/deploy/aws"
	gcpdeploy "github.com/fngen/fngen/gen/internal/deploy/gcp"
	owdeploy "github.com/fngen/fngen/gen/internal/deploy/openwhisk"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// A deployer is what a target's functions are deployed to. Making plans changes
// nothing of the application there.
type deployer interface {
	Plan(ctx context.Context, o deploy.Options) (deploy.Plan, error)
	Removal(ctx context.Context) (deploy.Plan, error)
	Logs(ctx context.Context, f model.Function, o deploy.LogOptions, tell func(deploy.Line)) error
}

// Deploy builds the functions, as Build does, and compares them with what is on the
// platform of each target. The plans say what is to be done, and carry it out when
// they are told to. With prune that includes the removal of what fngen has deployed
// and the application no longer has. Plans of a dry run are shown, and never carried
// out; nothing is left of them when they are discarded.
func (p *Project) Deploy(ctx context.Context, b BuildOptions, prune, dryRun bool) (Artifacts, []*deploy.Plan, error) {
	built, err := p.Build(ctx, b)
	if err != nil {
		return built, nil, err
	}
	o := deploy.Options{Prune: prune, DryRun: dryRun}
	plans, err := p.plans(ctx, func(at deployer) (deploy.Plan, error) { return at.Plan(p.logged(ctx), o) }, built.List)
	return built, plans, err
}

// Remove plans the removal of all that fngen has deployed of the application on the
// platform of each target.
func (p *Project) Remove(ctx context.Context) ([]*deploy.Plan, error) {
	return p.plans(ctx, func(at deployer) (deploy.Plan, error) { return at.Removal(p.logged(ctx)) }, nil)
}

// plans makes those of all targets, or none: what is left of others is discarded if
// one fails.
func (p *Project) plans(ctx context.Context, plan func(deployer) (deploy.Plan, error), built []Artifact) (plans []*deploy.Plan, err error) {
	defer func() {
		if err != nil {
			for _, made := range plans {
				made.Discard(ctx)
			}
			plans = nil
		}
	}()
	for _, t := range p.targets {
		if len(t.app.Functions) == 0 {
			continue
		}
		at, err := p.deployer(t, built)
		if err != nil {
			return plans, err
		}
		one, err := plan(at)
		if err != nil {
			return plans, fmt.Errorf("%s: %w", t.Name(), err)
		}
		plans = append(plans, &one)
	}
	return plans, nil
}

// Logs tells what the function has logged on the platform of the project's target,
// which is one alone: since the time, and if follow until the context ends, which is
// no error then.
func (p *Project) Logs(ctx context.Context, function string, since time.Time, follow bool, tell func(at time.Time, text string)) error {
	if len(p.targets) != 1 {
		return fmt.Errorf("logs are those of one target; there are %s", strings.Join(p.Targets(), ", "))
	}
	t := p.targets[0]
	i := slices.IndexFunc(t.app.Functions, func(f model.Function) bool { return f.Name == function })
	if i < 0 {
		return fmt.Errorf("%s is not meant for %s, as its directives say", function, t.Name())
	}
	at, err := p.deployer(t, nil)
	if err != nil {
		return err
	}
	o := deploy.LogOptions{Since: since, Follow: follow, Every: 2 * time.Second}
	err = at.Logs(p.logged(ctx), t.app.Functions[i], o, func(l deploy.Line) { tell(l.Time, l.Text) })
	if err != nil {
		return fmt.Errorf("%s: %w", t.Name(), err)
	}
	return nil
}

// deployer returns the target's, for which there are the artifacts.
func (p *Project) deployer(t targeted, built []Artifact) (deployer, error) {
	source := filepath.Join(p.root.Name(), model.DistDir, t.Name())
	switch target := t.Target.(type) {
	case aws.Target:
		d := target.Deployment(t.app, p.env)
		at := awsdeploy.Application{
			Stack: d.Stack, Region: d.Region, Bucket: d.Artifacts, Functions: d.Addresses, LogGroup: target.LogGroup,
			Archive: func(name string) ([]byte, error) { return p.archive(built, t.Name(), name) },
			Log:     p.log, Every: 2 * time.Second, Waiting: p.waits,
		}
		if d.Terraform {
			named := os.Getenv("TF_VAR_name")
			m := awsdeploy.Module{Application: at, Terraform: terraform.Module{
				Versions: d.Provider, Variables: d.Variables, Needed: d.Needed, HasURLs: len(d.Addresses) > 0, Holds: aws.Holds, Source: source, Log: p.log,
			}}
			m.Terraform.Folder, m.State = p.rooted(t.Name(), d.State)
			m.Physical = func(id string) string { return aws.Physical(cmp.Or(named, d.Name), id) }
			if named == "" { // which would stand in its place
				m.Name = d.Name
			}
			return m, nil
		}
		if len(t.infrastructure) > 0 {
			at.Template = t.infrastructure[0].Data
		}
		return at, nil
	case gcp.Deployed:
		d := target.Deployment(t.app)
		folder, state := p.rooted(t.Name(), d.State)
		return gcpdeploy.Application{
			Project: d.Project, Region: d.Region, State: state,
			Service: func(f model.Function) string { return gcp.Service(cmp.Or(os.Getenv("TF_VAR_name"), d.Name), f) },
			Terraform: terraform.Module{
				Versions: d.Provider, Variables: d.Variables, Needed: d.Needed, HasURLs: d.HasURLs, Holds: gcp.Holds, Source: source, Folder: folder, Log: p.log,
			},
		}, nil
	case openwhisk.Target:
		kinds, named := target.Kinds()
		return owdeploy.Application{
			Deployment: target.Deployment(t.app), Kinds: kinds, KindsNamed: named, CA: target.CA(),
			Archive: func(f model.Function, kind string) ([]byte, error) {
				return p.archive(built, t.Name(), target.Archive(f, kind))
			},
			Env: os.Getenv, Home: owdeploy.Home(), Log: p.log,
		}, nil
	}
	return nil, fmt.Errorf("%s has no deployment; use the platform's own tools with what is in %s", t.Name(), path.Join(model.DistDir, t.Name()))
}

// archive reads what was built from the folder of the target.
func (p *Project) archive(built []Artifact, target, name string) ([]byte, error) {
	name = path.Join(model.DistDir, target, name)
	data, err := p.root.ReadFile(name)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	for _, a := range built {
		if a.Path == name && a.SHA256 == hex.EncodeToString(sum[:]) {
			return data, nil
		}
	}
	return nil, fmt.Errorf("%s is not what was built; another fngen has written there meanwhile", name)
}

// rooted returns the folder of the root module of Terraform for the environment, and
// the place of its state; "" for none.
func (p *Project) rooted(target, state string) (folder, place string) {
	folder = filepath.Join(p.root.Name(), program.Folder, "deploy", target)
	if p.env == "" {
		return folder, state
	}
	if state != "" {
		state += "/" + p.env
	}
	return folder + "-" + p.env, state
}
