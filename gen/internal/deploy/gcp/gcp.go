// Package gcp deploys to Google Cloud by Terraform or OpenTofu, and reads logs by
// gcloud.
package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// An Application is what is deployed, and where.
type Application struct {
	Project, Region string            // "" for what the module then demands
	State           string            // gs://BUCKET/PREFIX
	Variables       map[string]string // of the module that the environment may set, with their types
	Needed          []string          // of these, those that it has to
	HasURLs         bool
	Service         func(model.Function) string // the name of its Cloud Run service
	Module          string                      // the folder with main.tf
	Folder          string                      // of the root module, which is written
	Log             io.Writer                   // gets a line for each command; nil for none
}

// settingPrefix is what Terraform finds variables by in the environment.
const settingPrefix = "TF_VAR_"

// module is what the root module calls the application's.
const module = "app"

// tools are what applies a module, the first that is there.
var tools = []string{"terraform", "tofu"}

func tool() (string, error) {
	for _, name := range tools {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither terraform nor tofu is on PATH; install one of them, https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install")
}

// root is the root module: the state's place, the provider and the application's
// module, as Terraform reads JSON.
func (a Application) root(module string) ([]byte, error) {
	if a.State == "" {
		return nil, errors.New("the state of Terraform needs a place that outlives this machine; set targets.gcp.state to gs://BUCKET/PREFIX, in a bucket that exists")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(a.State, "gs://"), "/")
	provider, call := map[string]any{}, map[string]any{"source": literal(module)}
	for name, value := range map[string]string{"project": a.Project, "region": a.Region} {
		if value == "" {
			return nil, fmt.Errorf("there is no %s; set targets.gcp.%s", name, name)
		}
		provider[name], call[name] = literal(value), literal(value)
	}
	variables := map[string]any{}
	for name, kind := range a.Variables {
		if os.Getenv(settingPrefix+name) == "" {
			if slices.Contains(a.Needed, name) {
				return nil, fmt.Errorf("the environment has no %s%s, a %s; docs/deploy.md says what it is", settingPrefix, name, kind)
			}
			continue
		}
		variables[name], call[name] = map[string]any{"type": kind}, "${var."+name+"}"
	}
	file := map[string]any{
		"terraform": map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": literal(bucket), "prefix": literal(prefix)}}},
		"provider":  map[string]any{"google": provider},
		"module":    map[string]any{"app": call},
	}
	if len(variables) > 0 {
		file["variable"] = variables
	}
	if a.HasURLs {
		file["output"] = map[string]any{"urls": map[string]any{"value": "${module.app.urls}"}}
	}
	return json.MarshalIndent(file, "", "  ")
}

// literal is a text in which Terraform finds nothing to evaluate.
func literal(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

const planFile = "fngen.tfplan"

// prepare writes the root module and has the tool get what it needs.
func (a Application) prepare(ctx context.Context) (runner, error) {
	program, err := tool()
	if err != nil {
		return runner{}, err
	}
	to, err := filepath.Rel(a.Folder, a.Module)
	if err != nil {
		to = a.Module
	}
	if to = filepath.ToSlash(to); !strings.HasPrefix(to, ".") && !strings.HasPrefix(to, "/") {
		to = "./" + to
	}
	text, err := a.root(to)
	if err != nil {
		return runner{}, err
	}
	if _, err := os.Stat(filepath.Join(a.Module, "main.tf")); err != nil { // of a removal, which builds nothing
		return runner{}, errors.New("dist/gcp/main.tf is not there, by which Terraform knows what is deployed; run fngen build --target=gcp")
	}
	if err := os.MkdirAll(a.Folder, 0o700); err != nil {
		return runner{}, err
	}
	for name, data := range map[string][]byte{"main.tf.json": text, ".gitignore": []byte("*\n")} {
		if err := os.WriteFile(filepath.Join(a.Folder, name), data, 0o600); err != nil {
			return runner{}, err
		}
	}
	r := runner{program: program, dir: a.Folder, log: a.Log}
	_, err = r.run(ctx, nil, "init", "-input=false", "-no-color", "-reconfigure")
	return r, err
}

// Plan has the tool compare. The options change nothing: what the module no longer
// has is destroyed, and the state is only locked meanwhile.
func (a Application) Plan(ctx context.Context, _ deploy.Options) (deploy.Plan, error) {
	return a.plan(ctx, false)
}

// Removal plans to destroy all of it, which Terraform refuses as long as there is
// something that the module protects.
func (a Application) Removal(ctx context.Context) (deploy.Plan, error) {
	return a.plan(ctx, true)
}

func (a Application) plan(ctx context.Context, destroy bool) (deploy.Plan, error) {
	out := deploy.Plan{Target: "gcp", Place: fmt.Sprintf("project %s in %s, with the state in %s", a.Project, a.Region, a.State), Steps: []deploy.Step{}, Notes: []string{}}
	r, err := a.prepare(ctx)
	if err != nil {
		return out, err
	}
	arguments := []string{"-input=false", "-json", "-out=" + planFile}
	if destroy {
		arguments = append(arguments, "-destroy")
	}
	if _, err := r.run(ctx, func(string) {}, "plan", arguments...); err != nil {
		if destroy && strings.Contains(err.Error(), "prevent_destroy") {
			err = fmt.Errorf("%w; docs/deploy.md says how it is left in the project, with what is in it", err)
		}
		return out, err
	}
	shown, err := r.run(ctx, nil, "show", "-json", planFile)
	if err != nil {
		return out, err
	}
	var planned struct {
		Changes []struct {
			Address string `json:"address"`
			Mode    string `json:"mode"`
			Type    string `json:"type"`
			Change  struct {
				Actions []string `json:"actions"`
			} `json:"change"`
		} `json:"resource_changes"`
	}
	if err := json.Unmarshal(shown, &planned); err != nil {
		return out, fmt.Errorf("%s show: %w", filepath.Base(r.program), err)
	}
	for _, c := range planned.Changes {
		name := strings.TrimPrefix(strings.TrimPrefix(c.Address, "module."+module+"."), c.Type+".")
		step := deploy.Step{Kind: c.Type, Name: name}
		switch actions := strings.Join(c.Change.Actions, " "); {
		case c.Mode == "data" || actions == "read":
			continue
		case actions == "no-op":
			step.Do = deploy.Keep
		case actions == "create":
			step.Do = deploy.Create
		case actions == "delete":
			step.Do = deploy.Remove
		case actions == "update":
			step.Do = deploy.Change
		default: // delete and create, in either order
			step.Do, step.Why = deploy.Change, "is replaced by a new one"
		}
		out.Steps = append(out.Steps, step)
	}
	if out.Count(deploy.Create) > 0 && out.Count(deploy.Keep)+out.Count(deploy.Change) == 0 {
		out.Notes = append(out.Notes, "a project that was never deployed to has to be prepared once; the commands are at the head of "+filepath.ToSlash(filepath.Join(model.DistDir, "gcp", "main.tf")))
	}
	changes := out.Changes()
	out.Drop = func(context.Context) { os.Remove(filepath.Join(a.Folder, planFile)) } // which may hold secrets
	out.Carry = func(ctx context.Context, tell func(string)) (deploy.Result, error) {
		result := deploy.Result{Addresses: []deploy.Address{}}
		defer os.Remove(filepath.Join(a.Folder, planFile))
		if changes {
			_, err := r.run(ctx, tell, "apply", "-input=false", "-json", planFile)
			if ctx.Err() != nil {
				tell(fmt.Sprintf("%s has ended what it had begun, and nothing goes on without fngen; the same command does the rest", filepath.Base(r.program)))
				return result, ctx.Err()
			}
			if err != nil {
				return result, err
			}
		}
		if destroy || !a.HasURLs {
			return result, nil
		}
		return a.urls(ctx, r)
	}
	return out, nil
}

func (a Application) urls(ctx context.Context, r runner) (deploy.Result, error) {
	result := deploy.Result{Addresses: []deploy.Address{}}
	shown, err := r.run(ctx, nil, "output", "-json")
	if err != nil {
		return result, err
	}
	var outputs struct {
		URLs struct {
			Value map[string]string `json:"value"`
		} `json:"urls"`
	}
	if err := json.Unmarshal(shown, &outputs); err != nil {
		return result, fmt.Errorf("%s output: %w", filepath.Base(r.program), err)
	}
	for _, function := range slices.Sorted(maps.Keys(outputs.URLs.Value)) {
		result.Addresses = append(result.Addresses, deploy.Address{Function: function, URL: outputs.URLs.Value[function]})
	}
	return result, nil
}
