package terraform

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// kept is the folder of the module that takes the application's place in a removal,
// and has of it what holds data.
const kept = "kept"

// A Resource is one of the application's module, as the state has it.
type Resource struct {
	Address string         `json:"address"`
	Type    string         `json:"type"`
	Name    string         `json:"name"`
	Values  map[string]any `json:"values"`

	why string // it is kept
}

// A Need is why a resource stays: what holds data has the resource's value By as its
// own value As.
type Need struct{ By, As, Why string }

// Removal plans to destroy all of it but what holds data. That stays in the state
// too, as it is: the next deployment goes on with it, on whatever machine, and an
// apply that was broken off is made up for by either command.
func (m Module) Removal(ctx context.Context) (deploy.Plan, error) {
	r, err := m.prepare(ctx, false)
	if err != nil {
		return deploy.Plan{}, err
	}
	held, err := m.held(ctx, r)
	if err != nil {
		return deploy.Plan{}, err
	}
	for {
		if err := m.keep(held); err != nil {
			return deploy.Plan{}, err
		}
		out, err := m.plan(ctx, r)
		if err != nil {
			return out, err
		}
		for _, step := range out.Steps {
			if label, _, _ := strings.Cut(step.Name, "["); step.Do == deploy.Remove && m.Holds(step.Kind, label) {
				out.Discard(ctx)
				return out, fmt.Errorf("the state has %s (%s) since a moment ago; wait until the other command that runs has ended", step.Name, step.Kind)
			}
		}
		there := slices.DeleteFunc(slices.Clone(held), func(one Resource) bool { // what somebody has deleted is not to be made anew
			return slices.Contains(out.Steps, deploy.Step{Do: deploy.Create, Kind: one.Type, Name: inModule(one.Address, one.Type)})
		})
		if len(there) == len(held) {
			for _, one := range held {
				out.Notes = append(out.Notes, fmt.Sprintf("%s (%s) stays in the %s, %s", one.Name, one.Type, m.Owner, one.why))
			}
			return out, nil
		}
		out.Discard(ctx)
		held = there
	}
}

// held returns what of the state holds data, and what that needs.
func (m Module) held(ctx context.Context, r Runner) ([]Resource, error) {
	var state struct {
		Values struct {
			Root struct {
				Modules []struct {
					Address   string     `json:"address"`
					Resources []Resource `json:"resources"`
				} `json:"child_modules"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := r.JSON(ctx, &state, "show", "-json"); err != nil {
		return nil, err
	}
	var all, held []Resource
	for _, called := range state.Values.Root.Modules {
		if called.Address == "module."+module {
			all = called.Resources
		}
	}
	for _, one := range all {
		if m.Holds(one.Type, one.Name) {
			one.why = "with what is in it"
			held = append(held, one)
		}
	}
	for _, one := range all {
		need := m.Needs[one.Type]
		if by, _ := one.Values[need.By].(string); by != "" && slices.ContainsFunc(held, func(of Resource) bool { return of.Values[need.As] == by }) {
			one.why = need.Why
			held = append(held, one)
		}
	}
	return held, nil
}

// keep writes the module that has the resources and nothing else. Whatever they are
// in the state, nothing of them is changed.
func (m Module) keep(held []Resource) error {
	resources := map[string]map[string]any{}
	for _, one := range held {
		body := map[string]any{"lifecycle": map[string]any{"prevent_destroy": true, "ignore_changes": "all"}}
		for _, name := range m.Required {
			switch value := one.Values[name].(type) {
			case nil:
			case string:
				body[name] = literal(value)
			default:
				body[name] = value
			}
		}
		if resources[one.Type] == nil {
			resources[one.Type] = map[string]any{}
		}
		resources[one.Type][one.Name] = body
	}
	file := map[string]any{"terraform": map[string]any{"required_providers": map[string]any{m.Provider: map[string]any{"source": "hashicorp/" + m.Provider, "version": m.Versions}}}}
	if len(resources) > 0 { // or Terraform misses a type
		file["resource"] = resources
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return m.write(kept, map[string][]byte{"main.tf.json": text})
}
