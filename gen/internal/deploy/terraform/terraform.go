// Package terraform deploys a module by Terraform or OpenTofu.
package terraform

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
)

// A Module is what is deployed, and where.
type Module struct {
	Refused       error                         // why there is nothing to deploy; nil for a module that can be
	Target, Place string                        // of the plan
	Owner         string                        // of what is kept, a project for instance
	Backend       map[string]any                // of the state, by its kind
	Provider      string                        // of hashicorp
	Versions      string                        // of the provider, that the module takes
	Settings      map[string]string             // of the provider
	Arguments     map[string]string             // of the module
	Variables     map[string]string             // of the module that the environment may set, with their types
	Needed        []string                      // of these, those that it has to
	HasURLs       bool                          // as its output urls
	Holds         func(kind, label string) bool // what of it holds data, and outlives a removal
	Needs         map[string]Need               // by type, what outlives it for that
	Required      []string                      // arguments without which the provider takes none of these
	First         string                        // what is said when nothing is there yet; "" for nothing
	Source        string                        // the folder with main.tf
	Folder        string                        // of the root module, which is written
	Log           io.Writer                     // gets a line for each command; nil for none
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
func (m Module) root(source string, whole bool) ([]byte, error) {
	call, provider := map[string]any{"source": literal(source)}, map[string]any{}
	for name, value := range m.Settings {
		provider[name] = literal(value)
	}
	file := map[string]any{
		"terraform": map[string]any{"backend": m.Backend},
		"provider":  map[string]any{m.Provider: provider},
		"module":    map[string]any{module: call},
	}
	if !whole {
		return json.MarshalIndent(file, "", "  ")
	}
	for name, value := range m.Arguments {
		call[name] = literal(value)
	}
	variables := map[string]any{}
	for name, kind := range m.Variables {
		if os.Getenv(settingPrefix+name) == "" {
			if slices.Contains(m.Needed, name) {
				return nil, fmt.Errorf("the environment has no %s%s, a %s; docs/deploy.md says what it is", settingPrefix, name, kind)
			}
			continue
		}
		variables[name], call[name] = map[string]any{"type": kind}, "${var."+name+"}"
	}
	if len(variables) > 0 {
		file["variable"] = variables
	}
	if m.HasURLs {
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
func (m Module) prepare(ctx context.Context, whole bool) (Runner, error) {
	if m.Refused != nil {
		return Runner{}, m.Refused
	}
	program, err := tool()
	if err != nil {
		return Runner{}, err
	}
	source := "./" + kept
	if whole {
		if source, err = filepath.Rel(m.Folder, m.Source); err != nil {
			source = m.Source
		}
		if source = filepath.ToSlash(source); !strings.HasPrefix(source, ".") && !strings.HasPrefix(source, "/") {
			source = "./" + source
		}
	}
	text, err := m.root(source, whole)
	if err != nil {
		return Runner{}, err
	}
	if err := m.write("", map[string][]byte{"main.tf.json": text, ".gitignore": []byte("*\n")}); err != nil {
		return Runner{}, err
	}
	if !whole {
		if err := m.keep(nil); err != nil {
			return Runner{}, err
		}
	}
	r := Runner{Program: program, Dir: m.Folder, Log: m.Log}
	return r, r.run(ctx, io.Discard, "init", "-input=false", "-no-color", "-reconfigure")
}

// write writes files into a folder in that of the root module.
func (m Module) write(folder string, files map[string][]byte) error {
	folder = filepath.Join(m.Folder, folder)
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
func (m Module) Plan(ctx context.Context, _ deploy.Options) (deploy.Plan, error) {
	r, err := m.prepare(ctx, true)
	if err != nil {
		return deploy.Plan{}, err
	}
	out, err := m.plan(ctx, r)
	if err != nil {
		return out, err
	}
	if m.First != "" && out.Count(deploy.Create) > 0 && out.Count(deploy.Keep)+out.Count(deploy.Change) == 0 {
		out.Notes = append(out.Notes, m.First)
	}
	if apply := out.Carry; m.HasURLs {
		out.Carry = func(ctx context.Context, tell func(string)) (deploy.Result, error) {
			if result, err := apply(ctx, tell); err != nil {
				return result, err
			}
			return m.urls(ctx, r)
		}
	}
	return out, nil
}

// plan has the tool compare the modules as they are written with the state.
func (m Module) plan(ctx context.Context, r Runner) (deploy.Plan, error) {
	out := deploy.Plan{Target: m.Target, Place: m.Place, Steps: []deploy.Step{}, Notes: []string{}}
	out.Drop = func(context.Context) { os.Remove(filepath.Join(m.Folder, planFile)) } // which may hold secrets
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
	err := r.run(ctx, &events{}, "plan", "-input=false", "-json", "-out="+planFile)
	if err == nil {
		err = r.JSON(ctx, &planned, "show", "-json", planFile)
	}
	if err != nil {
		out.Discard(ctx)
		return out, err
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
		defer os.Remove(filepath.Join(m.Folder, planFile))
		if !changes {
			return result, nil
		}
		err := r.run(ctx, &events{tell: tell}, "apply", "-input=false", "-json", planFile)
		if ctx.Err() != nil {
			tell(fmt.Sprintf("%s has ended what it had begun, and nothing goes on without fngen; the same command does the rest", filepath.Base(r.Program)))
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

func (m Module) urls(ctx context.Context, r Runner) (deploy.Result, error) {
	result := deploy.Result{Addresses: []deploy.Address{}}
	var outputs struct {
		URLs struct {
			Value map[string]string `json:"value"`
		} `json:"urls"`
	}
	if err := r.JSON(ctx, &outputs, "output", "-json"); err != nil {
		return result, err
	}
	for _, function := range slices.Sorted(maps.Keys(outputs.URLs.Value)) {
		result.Addresses = append(result.Addresses, deploy.Address{Function: function, URL: outputs.URLs.Value[function]})
	}
	return result, nil
}
