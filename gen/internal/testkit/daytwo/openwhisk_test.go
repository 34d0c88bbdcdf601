package daytwo

import (
	"bytes"
	"strings"

	"go.yaml.in/yaml/v3"
)

// whisk has, of each kind, what cannot change in place: wskdeploy deletes a feed
// and creates it anew, which begins where its start says.
var whisk = map[string][]string{
	"action":  nil,
	"feed":    {all},
	"trigger": nil,
	"project": nil,
	"package": nil,
	"rule":    {all},
}

// readOpenWhisk reads a manifest. What it no longer has is removed only by
// wskdeploy sync, which its head then says.
func readOpenWhisk(data []byte) (estate, error) {
	var m struct {
		Project struct {
			Name     string
			Packages map[string]struct {
				Actions, Triggers, Rules map[string]map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(data, &m); err != nil {
		return estate{}, err
	}
	e := estate{resources: map[string]resource{}, stays: !bytes.Contains(data, []byte("wskdeploy sync"))}
	e.resources["project"] = resource{kind: "project", name: "project " + m.Project.Name} // by which sync knows what is its own
	for name, p := range m.Project.Packages {
		e.resources["package"] = resource{kind: "package", name: "package " + name}
		for id, a := range p.Actions {
			r := resource{kind: "action", arguments: a, name: "action " + name + "/" + id}
			if a["web"] != nil {
				r.address = r.name // its URL
			}
			e.resources[r.name] = r
		}
		for id, t := range p.Triggers {
			r := resource{kind: "trigger", arguments: t, name: "trigger " + id, address: "trigger " + id}
			if feed, ok := t["feed"].(string); ok {
				isAlarm := strings.HasSuffix(feed, "/alarm") || strings.HasSuffix(feed, "/interval")
				r.kind, r.address, r.holds = "feed", "", !isAlarm // where it is in what it reads
			}
			e.resources[r.name] = r
		}
		for id, rule := range p.Rules {
			r := resource{kind: "rule", arguments: rule, name: "rule " + id}
			e.resources[r.name] = r
		}
	}
	return e, nil
}
