//go:build unix

package aws_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/aws"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// byTerraform is an application with a fake terraform, which says what lies beside it.
func byTerraform(t *testing.T) (m aws.Module, says func(name, text string)) {
	t.Helper()
	bin, root := t.TempDir(), t.TempDir()
	says = func(name, text string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	says("terraform", "#!/bin/sh\nhere=$(dirname \"$0\")\nname=$1\nif [ \"$*\" = \"show -json\" ]; then name=state; fi\nif [ -e \"$here/$name.out\" ]; then cat \"$here/$name.out\"; fi\n")
	t.Setenv("PATH", bin+":/usr/bin:/bin")
	t.Setenv("TF_VAR_archives", "acme-archives")
	return aws.Module{
		Application: aws.Application{Region: "eu-west-1"}, State: "s3://acme-terraform/shop/staging", Name: "shop-staging",
		Terraform: terraform.Module{
			Versions: ">= 6.28.0, < 7.0.0", Variables: map[string]string{"archives": "string", "bucket_suffix": "string"}, Needed: []string{"archives"}, HasURLs: true,
			Holds:  func(kind, _ string) bool { return kind == "aws_sqs_queue" || kind == "aws_s3_bucket" },
			Source: filepath.Join(root, "dist", "aws"), Folder: filepath.Join(root, ".fngen", "deploy", "aws"),
		},
	}, says
}

func written(t *testing.T, m aws.Module, name string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(m.Terraform.Folder, name))
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// The root module has the state's place with a lock, the region and the name of the
// environment.
func TestModulePlan(t *testing.T) {
	m, says := byTerraform(t)
	says("show.out", `{"resource_changes":[{"address":"module.app.aws_sqs_queue.orders_queue","mode":"managed","type":"aws_sqs_queue","change":{"actions":["create"]}}]}`)
	p, err := m.Plan(t.Context(), deploy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	p.Print(&text)
	if diff := cmp.Diff("aws: eu-west-1, with the state in s3://acme-terraform/shop/staging\n  + aws_sqs_queue  orders_queue\n  1 to create, 0 to change, 0 to remove, 0 unchanged\n", text.String()); diff != "" {
		t.Error(diff)
	}
	backend := map[string]any{"bucket": "acme-terraform", "key": "shop/staging", "use_lockfile": true, "region": "eu-west-1"}
	if diff := cmp.Diff(map[string]any{
		"terraform": map[string]any{"backend": map[string]any{"s3": backend}},
		"provider":  map[string]any{"aws": map[string]any{"region": "eu-west-1"}},
		"variable":  map[string]any{"archives": map[string]any{"type": "string"}},
		"module":    map[string]any{"app": map[string]any{"source": "../../../dist/aws", "name": "shop-staging", "archives": "${var.archives}"}},
		"output":    map[string]any{"urls": map[string]any{"value": "${module.app.urls}"}},
	}, written(t, m, "main.tf.json")); diff != "" {
		t.Error(diff)
	}

	m.Region, m.Name = "", ""
	if _, err := m.Plan(t.Context(), deploy.Options{}); err != nil {
		t.Fatal(err)
	}
	file := written(t, m, "main.tf.json")
	delete(backend, "region")
	if diff := cmp.Diff([]any{map[string]any{"backend": map[string]any{"s3": backend}}, map[string]any{"aws": map[string]any{}}}, []any{file["terraform"], file["provider"]}); diff != "" {
		t.Error(diff)
	}
}

// A removal keeps what holds data, with the settings of buckets that others do without.
func TestModuleRemoval(t *testing.T) {
	m, says := byTerraform(t)
	says("state.out", `{"values":{"root_module":{"child_modules":[{"address":"module.app","resources":[
{"address":"module.app.aws_lambda_function.confirm_function","type":"aws_lambda_function","name":"confirm_function","values":{"function_name":"shop-confirm"}},
{"address":"module.app.aws_s3_bucket.pictures_bucket","type":"aws_s3_bucket","name":"pictures_bucket","values":{"bucket":"pictures-1"}},
{"address":"module.app.aws_s3_bucket_server_side_encryption_configuration.pictures_bucket","type":"aws_s3_bucket_server_side_encryption_configuration","name":"pictures_bucket","values":{"bucket":"pictures-1","rule":[{"apply_server_side_encryption_by_default":[{"sse_algorithm":"AES256"}]}]}},
{"address":"module.app.aws_s3_bucket_policy.pictures_bucket_policy","type":"aws_s3_bucket_policy","name":"pictures_bucket_policy","values":{"bucket":"pictures-1"}},
{"address":"module.app.aws_sqs_queue.orders_queue","type":"aws_sqs_queue","name":"orders_queue","values":{"name":"shop-orders-queue","url":"https://sqs"}}]}]}}}`)
	says("show.out", `{"resource_changes":[{"address":"module.app.aws_lambda_function.confirm_function","mode":"managed","type":"aws_lambda_function","change":{"actions":["delete"]}}]}`)
	p, err := m.Removal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	p.Print(&text)
	if diff := cmp.Diff(`aws: eu-west-1, with the state in s3://acme-terraform/shop/staging
  - aws_lambda_function  confirm_function
  note: pictures_bucket (aws_s3_bucket) stays in the account, with what is in it
  note: orders_queue (aws_sqs_queue) stays in the account, with what is in it
  note: pictures_bucket (aws_s3_bucket_server_side_encryption_configuration) stays in the account, for its bucket
  0 to create, 0 to change, 1 to remove, 0 unchanged
`, text.String()); diff != "" {
		t.Error(diff)
	}
	lifecycle := map[string]any{"prevent_destroy": true, "ignore_changes": "all"}
	if diff := cmp.Diff(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"aws": map[string]any{"source": "hashicorp/aws", "version": ">= 6.28.0, < 7.0.0"}}},
		"resource": map[string]any{
			"aws_sqs_queue": map[string]any{"orders_queue": map[string]any{"name": "shop-orders-queue", "lifecycle": lifecycle}},
			"aws_s3_bucket": map[string]any{"pictures_bucket": map[string]any{"bucket": "pictures-1", "lifecycle": lifecycle}},
			"aws_s3_bucket_server_side_encryption_configuration": map[string]any{"pictures_bucket": map[string]any{"bucket": "pictures-1", "lifecycle": lifecycle,
				"rule": []any{map[string]any{"apply_server_side_encryption_by_default": []any{map[string]any{"sse_algorithm": "AES256"}}}}}},
		},
	}, written(t, m, "kept/main.tf.json")); diff != "" {
		t.Error(diff)
	}
}

// What is missing is said before anything runs.
func TestModuleNeeds(t *testing.T) {
	m, _ := byTerraform(t)
	t.Setenv("TF_VAR_archives", "")
	_, err := m.Plan(t.Context(), deploy.Options{})
	if want := "the environment has no TF_VAR_archives, a string; docs/deploy.md says what it is"; fmt.Sprint(err) != want {
		t.Errorf("the error is %v", err)
	}
	m.State = ""
	const want = "the state of Terraform needs a place that outlives this machine; set targets.aws.state to s3://BUCKET/KEY, in a bucket that exists"
	if _, err = m.Plan(t.Context(), deploy.Options{}); fmt.Sprint(err) != want {
		t.Errorf("the error is %v", err)
	}
	if _, err = m.Removal(t.Context()); fmt.Sprint(err) != want {
		t.Errorf("the error is %v", err)
	}
}

// The arguments that the module of a removal gives are all that the provider demands.
func TestModuleKeptArguments(t *testing.T) {
	provider := tfschema.Read(t, "aws")
	for kind, want := range map[string][]string{
		"aws_dynamodb_table": {"name"}, "aws_kinesis_stream": {"name"}, "aws_sqs_queue": {}, "aws_s3_bucket": {},
		"aws_s3_bucket_public_access_block": {"bucket"}, "aws_s3_bucket_server_side_encryption_configuration": {"bucket", "rule"},
	} {
		demanded := provider.Resource[kind].Required
		for name, block := range provider.Resource[kind].Blocks {
			if block.Must {
				demanded = append(demanded, name)
			}
		}
		if diff := cmp.Diff(want, demanded); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
	}
}
