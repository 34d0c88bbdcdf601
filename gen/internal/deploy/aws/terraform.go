package aws

import (
	"context"
	"errors"
	"strings"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
)

// A Module is an application that Terraform deploys. Its logs are those of functions
// with physical names.
type Module struct {
	Application
	State     string // s3://BUCKET/KEY
	Name      string // that begins all names; "" if the environment says it
	Terraform terraform.Module
}

// module is the application as Terraform deploys it.
func (m Module) module() terraform.Module {
	t := m.Terraform
	if m.State == "" {
		t.Refused = errors.New("the state of Terraform needs a place that outlives this machine; set targets.aws.state to s3://BUCKET/KEY, in a bucket that exists")
	}
	bucket, key, _ := strings.Cut(strings.TrimPrefix(m.State, "s3://"), "/")
	state, place := map[string]any{"bucket": bucket, "key": key, "use_lockfile": true}, "the region of the environment"
	t.Settings = map[string]string{}
	if m.Region != "" {
		state["region"], t.Settings["region"], place = m.Region, m.Region, m.Region
	}
	if m.Name != "" {
		t.Arguments = map[string]string{"name": m.Name}
	}
	t.Target, t.Place, t.Owner, t.Provider = "aws", place+", with the state in "+m.State, "account", "aws"
	t.Backend = map[string]any{"s3": state}
	t.Required, t.Needs = []string{"name", "bucket", "rule"}, needs
	return t
}

// needs has the settings without which a bucket would be open or encrypted otherwise.
var needs = map[string]terraform.Need{
	"aws_s3_bucket_public_access_block":                  {By: "bucket", As: "bucket", Why: "for its bucket"},
	"aws_s3_bucket_server_side_encryption_configuration": {By: "bucket", As: "bucket", Why: "for its bucket"},
}

// Plan compares main.tf with the state.
func (m Module) Plan(ctx context.Context, o deploy.Options) (deploy.Plan, error) {
	return m.module().Plan(ctx, o)
}

// Removal plans to destroy all of it but what holds data.
func (m Module) Removal(ctx context.Context) (deploy.Plan, error) {
	return m.module().Removal(ctx)
}
