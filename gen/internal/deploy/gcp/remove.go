package gcp

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// kept is the folder of the module that takes the application's place in a removal,
// and has of it what holds data.
const kept = "kept"

const topic = "google_pubsub_topic"

// A resource is one of the application's module, as the state has it.
type resource struct {
	Address string         `json:"address"`
	Type    string         `json:"type"`
	Name    string         `json:"name"`
	Values  map[string]any `json:"values"`
}

// Removal plans to destroy all of it but what holds data. That stays in the state
// too, as it is: the next deployment goes on with it, on whatever machine, and an
// apply that was broken off is made up for by either command.
func (a Application) Removal(ctx context.Context) (deploy.Plan, error) {
	r, err := a.prepare(ctx, false)
	if err != nil {
		return deploy.Plan{}, err
	}
	held, err := a.held(ctx, r)
	if err != nil {
		return deploy.Plan{}, err
	}
	for {
		if err := a.keep(held); err != nil {
			return deploy.Plan{}, err
		}
		out, err := a.plan(ctx, r)
		if err != nil {
			return out, err
		}
		for _, step := range out.Steps {
			if label, _, _ := strings.Cut(step.Name, "["); step.Do == deploy.Remove && a.Holds(step.Kind, label) {
				out.Discard(ctx)
				return out, fmt.Errorf("the state has %s (%s) since a moment ago; wait until the other command that runs has ended", step.Name, step.Kind)
			}
		}
		there := slices.DeleteFunc(slices.Clone(held), func(one resource) bool { // what somebody has deleted is not to be made anew
			return slices.Contains(out.Steps, deploy.Step{Do: deploy.Create, Kind: one.Type, Name: inModule(one.Address, one.Type)})
		})
		if len(there) == len(held) {
			for _, one := range held {
				why := "with what is in it"
				if one.Type == topic {
					why = "for its subscriptions"
				}
				out.Notes = append(out.Notes, fmt.Sprintf("%s (%s) stays in the project, %s", one.Name, one.Type, why))
			}
			return out, nil
		}
		out.Discard(ctx)
		held = there
	}
}

// held returns what of the state holds data, and the topics without which
// subscriptions get nothing any more, ever:
// https://cloud.google.com/pubsub/docs/delete-topic.
func (a Application) held(ctx context.Context, r runner) ([]resource, error) {
	shown, err := r.run(ctx, nil, "show", "-json")
	if err != nil {
		return nil, err
	}
	var state struct {
		Values struct {
			Root struct {
				Modules []struct {
					Address   string     `json:"address"`
					Resources []resource `json:"resources"`
				} `json:"child_modules"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(shown, &state); err != nil {
		return nil, fmt.Errorf("%s show: %w", filepath.Base(r.program), err)
	}
	var all, held []resource
	for _, m := range state.Values.Root.Modules {
		if m.Address == "module."+module {
			all = m.Resources
		}
	}
	topics := map[string]bool{}
	for _, one := range all {
		if a.Holds(one.Type, one.Name) {
			held = append(held, one)
			on, _ := one.Values["topic"].(string)
			topics[on] = true
		}
	}
	for _, one := range all {
		if id, ok := one.Values["id"].(string); ok && one.Type == topic && topics[id] {
			held = append(held, one)
		}
	}
	return held, nil
}

// required are the arguments without which the provider takes none of what is kept.
var required = []string{"name", "location", "topic"}

// keep writes the module that has the resources and nothing else. Whatever they are
// in the state, nothing of them is changed.
func (a Application) keep(held []resource) error {
	resources := map[string]map[string]any{}
	for _, one := range held {
		body := map[string]any{"lifecycle": map[string]any{"prevent_destroy": true, "ignore_changes": "all"}}
		for _, name := range required {
			if value, ok := one.Values[name].(string); ok {
				body[name] = literal(value)
			}
		}
		if resources[one.Type] == nil {
			resources[one.Type] = map[string]any{}
		}
		resources[one.Type][one.Name] = body
	}
	file := map[string]any{"terraform": map[string]any{"required_providers": map[string]any{"google": map[string]any{"source": "hashicorp/google", "version": a.Provider}}}}
	if len(resources) > 0 { // or Terraform misses a type
		file["resource"] = resources
	}
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	return a.write(kept, map[string][]byte{"main.tf.json": text})
}
