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
	Service         func(model.Function) string   // the name of its Cloud Run service
	Holds           func(kind, label string) bool // what of main.tf holds data, and outlives a removal
	Provider        string                        // the versions of hashicorp/google that main.tf takes
	Module          string                        // the folder with main.tf
	Folder          string                        // of the root module, which is written
	Log             io.Writer                     // gets a line for each command; nil for none
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

// root is the root module: the state's place, the provider and a module, as
// Terraform reads JSON. Without whole that is one which takes and gives nothing.
func (a Application) root(source string, whole bool) ([]byte, error) {
	if a.State == "" {
		return nil, errors.New("the state of Terraform needs a place that outlives this machine; set targets.gcp.state to gs://BUCKET/PREFIX, in a bucket that exists")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(a.State, "gs://"), "/")
	provider, call := map[string]any{}, map[string]any{"source": literal(source)}
	for name, value := range map[string]string{"project": a.Project, "region": a.Region} {
		if value == "" {
			return nil, fmt.Errorf("there is no %s; set targets.gcp.%s", name, name)
		}
		provider[name] = literal(value)
	}
	file := map[string]any{
		"terraform": map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": literal(bucket), "prefix": literal(prefix)}}},
		"provider":  map[string]any{"google": provider},
		"module":    map[string]any{module: call},
	}
	if !whole {
		return json.MarshalIndent(file, "", "  ")
	}
	maps.Copy(call, provider)
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
	if len(variables) > 0 {
		file["variable"] = variables
	}
	if a.HasURLs {
		file["output"] = map[string]any{"urls": map[string]any{"value": "${module." + module + ".urls}"}}
	}
	return json.MarshalIndent(file, "", "  ")
}

// literal is a text in which Terraform finds nothing to evaluate.
func literal(text string) string {
	return strings.NewReplacer("${", "$${", "%{", "%%{").Replace(text)
}

const planFile = "fngen.tfplan"

// prepare writes the root module and has the tool get what it needs: for the
// application's module, or for one that takes its place and is still empty.
func (a Application) prepare(ctx context.Context, whole bool) (runner, error) {
	program, err := tool()
	if err != nil {
		return runner{}, err
	}
	source := "./" + kept
	if whole {
		if source, err = filepath.Rel(a.Folder, a.Module); err != nil {
			source = a.Module
		}
		if source = filepath.ToSlash(source); !strings.HasPrefix(source, ".") && !strings.HasPrefix(source, "/") {
			source = "./" + source
		}
	}
	text, err := a.root(source, whole)
	if err != nil {
		return runner{}, err
	}
	if err := a.write("", map[string][]byte{"main.tf.json": text, ".gitignore": []byte("*\n")}); err != nil {
		return runner{}, err
	}
	if !whole {
		if err := a.keep(nil); err != nil {
			return runner{}, err
		}
	}
	r := runner{program: program, dir: a.Folder, log: a.Log}
	_, err = r.run(ctx, nil, "init", "-input=false", "-no-color", "-reconfigure")
	return r, err
}

// write writes files into a folder in that of the root module.
func (a Application) write(folder string, files map[string][]byte) error {
	folder = filepath.Join(a.Folder, folder)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(folder, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// Plan has the tool compare. The options change nothing: what the module no longer
// has is destroyed, and the state is only locked meanwhile.
func (a Application) Plan(ctx context.Context, _ deploy.Options) (deploy.Plan, error) {
	r, err := a.prepare(ctx, true)
	if err != nil {
		return deploy.Plan{}, err
	}
	out, err := a.plan(ctx, r)
	if err != nil {
		return out, err
	}
	if out.Count(deploy.Create) > 0 && out.Count(deploy.Keep)+out.Count(deploy.Change) == 0 {
		out.Notes = append(out.Notes, "a project that was never deployed to has to be prepared once; the commands are at the head of "+filepath.ToSlash(filepath.Join(model.DistDir, "gcp", "main.tf")))
	}
	if apply := out.Carry; a.HasURLs {
		out.Carry = func(ctx context.Context, tell func(string)) (deploy.Result, error) {
			if result, err := apply(ctx, tell); err != nil {
				return result, err
			}
			return a.urls(ctx, r)
		}
	}
	return out, nil
}

// plan has the tool compare the modules as they are written with the state.
func (a Application) plan(ctx context.Context, r runner) (deploy.Plan, error) {
	out := deploy.Plan{Target: "gcp", Place: fmt.Sprintf("project %s in %s, with the state in %s", a.Project, a.Region, a.State), Steps: []deploy.Step{}, Notes: []string{}}
	out.Drop = func(context.Context) { os.Remove(filepath.Join(a.Folder, planFile)) } // which may hold secrets
	_, err := r.run(ctx, func(string) {}, "plan", "-input=false", "-json", "-out="+planFile)
	var shown []byte
	if err == nil {
		shown, err = r.run(ctx, nil, "show", "-json", planFile)
	}
	if err != nil {
		out.Discard(ctx)
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
		out.Discard(ctx)
		return out, fmt.Errorf("%s show: %w", filepath.Base(r.program), err)
	}
	for _, c := range planned.Changes {
		step := deploy.Step{Kind: c.Type, Name: inModule(c.Address, c.Type)}
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
	changes := out.Changes()
	out.Carry = func(ctx context.Context, tell func(string)) (deploy.Result, error) {
		result := deploy.Result{Addresses: []deploy.Address{}}
		defer os.Remove(filepath.Join(a.Folder, planFile))
		if !changes {
			return result, nil
		}
		_, err := r.run(ctx, tell, "apply", "-input=false", "-json", planFile)
		if ctx.Err() != nil {
			tell(fmt.Sprintf("%s has ended what it had begun, and nothing goes on without fngen; the same command does the rest", filepath.Base(r.program)))
			return result, ctx.Err()
		}
		return result, err
	}
	return out, nil
}

// inModule is the address of a resource without its module and its type.
func inModule(address, kind string) string {
	return strings.TrimPrefix(strings.TrimPrefix(address, "module."+module+"."), kind+".")
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
