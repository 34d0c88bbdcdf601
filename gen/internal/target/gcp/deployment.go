package gcp

import (
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
)

var stateKey = config.Key{Name: "state", Doc: "Where fngen deploy keeps the state of Terraform, gs://BUCKET/PREFIX in a bucket that exists; with an environment after a slash.",
	Grammar: regexp.MustCompile(`^gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)+$`), Want: "a bucket and a prefix in it, gs://acme-terraform/shop for instance"}

// A Deployment is what of main.tf a deployment has to know.
type Deployment struct {
	Project, Region string // "" for none
	State           string // gs://BUCKET/PREFIX; "" for none
	Name            string // that begins all names, unless the variable name says otherwise
	HasURLs         bool   // as its output urls
	Provider        string // the versions of hashicorp/google that it takes
	// Variables are those besides, with their types.
	Variables map[string]string
	Needed    []string // of these, those without a default
}

// A Deployed is a target of this package.
type Deployed interface {
	Deployment(model.App) Deployment
}

// Deployment returns it.
func (t target) Deployment(app model.App) Deployment {
	d := Deployment{Project: t.project, Region: t.region, State: t.state, Name: applicationName(app), Provider: providerVersions, Variables: map[string]string{"name": "string"}}
	if t.binary {
		d.Variables["images"], d.Needed = "map(string)", []string{"images"}
	} else {
		d.Variables["build_service_account"] = "string"
	}
	for _, f := range app.Functions {
		one := function{Function: f}
		if one.closed() && !(&terraform{target: t}).verifies(one) {
			d.Variables["invokers"] = "set(string)"
		}
	}
	d.HasURLs = slices.ContainsFunc(app.Functions, func(f model.Function) bool { _, ok := f.Trigger.(model.HTTP); return ok })
	return d
}

// Service is the name of the Cloud Run service of the function, in an application
// whose names begin so.
func Service(name string, f model.Function) string {
	return name + "-" + short(f.Identity(), maxService)
}

// Holds reports whether a resource of main.tf, by its type and label, holds what
// users have put there: it is never replaced, and outlives a removal. An event's
// subscription is replaced with its filter, and the source bucket is the builds'.
func Holds(kind, label string) bool {
	switch kind {
	case "google_pubsub_subscription":
		return !strings.HasSuffix(label, "_events")
	case "google_storage_bucket":
		return label != "source"
	}
	return false
}
