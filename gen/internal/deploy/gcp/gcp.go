// Package gcp deploys to Google Cloud by Terraform or OpenTofu, and reads logs by
// gcloud.
package gcp

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
	"github.com/fngen/fngen/gen/internal/model"
)

// An Application is what is deployed, and where.
type Application struct {
	Project, Region string                      // "" for what the module then demands
	State           string                      // gs://BUCKET/PREFIX
	Service         func(model.Function) string // the name of its Cloud Run service
	Terraform       terraform.Module
}

// module is the application as Terraform deploys it.
func (a Application) module() terraform.Module {
	t := a.Terraform
	switch {
	case a.State == "":
		t.Refused = errors.New("the state of Terraform needs a place that outlives this machine; set targets.gcp.state to gs://BUCKET/PREFIX, in a bucket that exists")
	case a.Project == "":
		t.Refused = errors.New("there is no project; set targets.gcp.project")
	case a.Region == "":
		t.Refused = errors.New("there is no region; set targets.gcp.region")
	}
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(a.State, "gs://"), "/")
	t.Backend = map[string]any{"gcs": map[string]any{"bucket": bucket, "prefix": prefix}}
	t.Settings = map[string]string{"project": a.Project, "region": a.Region}
	t.Target, t.Provider, t.Owner, t.Arguments = "gcp", "google", "project", t.Settings
	t.Place = fmt.Sprintf("project %s in %s, with the state in %s", a.Project, a.Region, a.State)
	t.Required, t.Needs = []string{"name", "location", "topic"}, needs
	t.First = "a project that was never deployed to has to be prepared once; the commands are at the head of " + path.Join(model.DistDir, "gcp", "main.tf")
	return t
}

// needs has the topics: without its own what is held of a subscription gets nothing
// any more, ever: https://cloud.google.com/pubsub/docs/delete-topic.
var needs = map[string]terraform.Need{"google_pubsub_topic": {By: "id", As: "topic", Why: "for its subscriptions"}}

// Plan compares main.tf with the state.
func (a Application) Plan(ctx context.Context, o deploy.Options) (deploy.Plan, error) {
	return a.module().Plan(ctx, o)
}

// Removal plans to destroy all of it but what holds data.
func (a Application) Removal(ctx context.Context) (deploy.Plan, error) {
	return a.module().Removal(ctx)
}
