//go:build unix

package gcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/gcp"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
	"github.com/fngen/fngen/gen/internal/model"
)

// fake is a terraform, a tofu or a gcloud that keeps what it is called with, and says
// what lies in a file beside it.
const fake = `#!/bin/sh
here=$(dirname "$0")
echo "$(basename "$0") $*" >>"$here/calls"
echo "$TF_IN_AUTOMATION $CHECKPOINT_DISABLE $TF_VAR_invokers" >"$here/env"
case "$1" in plan) : >fngen.tfplan ;; esac
if [ -e "$here/wait" ] && [ "$1" = apply ]; then
	trap 'echo interrupted >>"$here/calls"; exit 1' INT
	: >"$here/waiting"
	while :; do sleep 0.05; done
fi
if [ -e "$here/$1.err" ]; then cat "$here/$1.err" >&2; exit 1; fi
if [ "$*" = "show -json" ]; then cat "$here/state"; exit; fi
if [ -e "$here/$1.out" ]; then cat "$here/$1.out"; fi
if [ -e "$here/$1.next" ]; then mv "$here/$1.next" "$here/$1.out"; fi
if [ -e "$here/$1.fails" ]; then exit 1; fi
`

type setup struct {
	t   *testing.T
	bin string
	app gcp.Application
}

func newSetup(t *testing.T, programs ...string) *setup {
	s := &setup{t: t, bin: t.TempDir()}
	for _, name := range programs {
		if err := os.WriteFile(filepath.Join(s.bin, name), []byte(fake), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", s.bin+":/usr/bin:/bin")
	t.Setenv("TF_VAR_invokers", `["group:shop@example.com"]`)
	t.Setenv("TF_VAR_images", "")
	root := t.TempDir()
	s.app = gcp.Application{
		Project: "acme-shop", Region: "europe-west1", State: "gs://acme-terraform/shop/production",
		Service: func(f model.Function) string { return "shop-" + f.Name },
		Terraform: terraform.Module{
			Versions: ">= 6.50.0, < 8.0.0", Variables: map[string]string{"name": "string", "invokers": "set(string)"}, HasURLs: true,
			Holds: func(kind, label string) bool {
				return kind == "google_storage_bucket" || kind == "google_pubsub_subscription" && label != "audit_events"
			},
			Source: filepath.Join(root, "dist", "gcp"), Folder: filepath.Join(root, ".fngen", "deploy", "gcp"),
		},
	}
	if err := os.MkdirAll(s.app.Terraform.Source, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.app.Terraform.Source, "main.tf"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *setup) says(file, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.bin, file), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *setup) calls() string {
	data, _ := os.ReadFile(filepath.Join(s.bin, "calls"))
	os.Remove(filepath.Join(s.bin, "calls"))
	return string(data)
}

const shown = `{"resource_changes":[
{"address":"module.app.google_pubsub_topic.orders","mode":"managed","type":"google_pubsub_topic","change":{"actions":["create"]}},
{"address":"module.app.google_cloudfunctions2_function.confirm","mode":"managed","type":"google_cloudfunctions2_function","change":{"actions":["update"]}},
{"address":"module.app.google_service_account.confirm","mode":"managed","type":"google_service_account","change":{"actions":["no-op"]}},
{"address":"module.app.google_storage_bucket.old","mode":"managed","type":"google_storage_bucket","change":{"actions":["delete"]}},
{"address":"module.app.google_storage_bucket_object.confirm","mode":"managed","type":"google_storage_bucket_object","change":{"actions":["delete","create"]}},
{"address":"module.app.data.google_project.it","mode":"data","type":"google_project","change":{"actions":["read"]}}]}`

// The commands, the state's place and the variables are those that the application
// needs, and nothing else.
func TestDeploy(t *testing.T) {
	for _, program := range []string{"terraform", "tofu"} {
		s := newSetup(t, program)
		s.says("show.out", shown)
		s.says("output.out", `{"urls":{"value":{"price":"https://price.example","look":"https://look.example"}}}`)
		s.says("apply.out", `{"type":"apply_start","hook":{"resource":{"addr":"module.app.google_pubsub_topic.orders"},"action":"create"}}
{"type":"apply_complete","hook":{"resource":{"addr":"module.app.google_pubsub_topic.orders"},"action":"create"}}
`)
		p, err := s.app.Plan(t.Context(), deploy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := []deploy.Step{
			{Do: deploy.Create, Kind: "google_pubsub_topic", Name: "orders"}, {Do: deploy.Change, Kind: "google_cloudfunctions2_function", Name: "confirm"},
			{Do: deploy.Keep, Kind: "google_service_account", Name: "confirm"}, {Do: deploy.Remove, Kind: "google_storage_bucket", Name: "old"},
			{Do: deploy.Change, Kind: "google_storage_bucket_object", Name: "confirm", Why: "is replaced by a new one"},
		}
		if diff := cmp.Diff(want, p.Steps); diff != "" {
			t.Error(diff)
		}
		var told []string
		r, err := p.Carry(t.Context(), func(text string) { told = append(told, text) })
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != 1 || told[0] != "created google_pubsub_topic.orders" {
			t.Errorf("it tells %q", told)
		}
		if want := []deploy.Address{{Function: "look", URL: "https://look.example"}, {Function: "price", URL: "https://price.example"}}; cmp.Diff(want, r.Addresses) != "" {
			t.Errorf("the addresses are %v", r.Addresses)
		}
		calls := strings.ReplaceAll("P init -input=false -no-color -reconfigure\nP plan -input=false -json -out=fngen.tfplan\nP show -json fngen.tfplan\nP apply -input=false -json fngen.tfplan\nP output -json\n", "P", program)
		if diff := cmp.Diff(calls, s.calls()); diff != "" {
			t.Error(diff)
		}
		if env, _ := os.ReadFile(filepath.Join(s.bin, "env")); string(env) != "1 1 [\"group:shop@example.com\"]\n" {
			t.Errorf("the environment has %s", env)
		}
		data, err := os.ReadFile(filepath.Join(s.app.Terraform.Folder, "main.tf.json"))
		if err != nil {
			t.Fatal(err)
		}
		var root any
		if err := json.Unmarshal(data, &root); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(map[string]any{
			"terraform": map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": "acme-terraform", "prefix": "shop/production"}}},
			"provider":  map[string]any{"google": map[string]any{"project": "acme-shop", "region": "europe-west1"}},
			"variable":  map[string]any{"invokers": map[string]any{"type": "set(string)"}},
			"module":    map[string]any{"app": map[string]any{"source": "../../../dist/gcp", "project": "acme-shop", "region": "europe-west1", "invokers": "${var.invokers}"}},
			"output":    map[string]any{"urls": map[string]any{"value": "${module.app.urls}"}},
		}, root); diff != "" {
			t.Error(diff)
		}
		if _, err := os.Stat(filepath.Join(s.app.Terraform.Folder, "fngen.tfplan")); err == nil {
			t.Error("the plan is left, with what may be secret in it")
		}
	}
}

// A plan without changes applies nothing.
func TestUnchanged(t *testing.T) {
	s := newSetup(t, "terraform", "tofu")
	s.says("show.out", `{"resource_changes":[{"address":"module.app.google_pubsub_topic.orders","mode":"managed","type":"google_pubsub_topic","change":{"actions":["no-op"]}}]}`)
	s.says("output.out", `{}`)
	p, err := s.app.Plan(t.Context(), deploy.Options{})
	if err == nil {
		_, err = p.Carry(t.Context(), func(string) {})
	}
	if err != nil || strings.Contains(s.calls(), "apply") {
		t.Errorf("it applies nothing (%v)", err)
	}
}

// What is missing or fails is one line, with the reason.
func TestFailures(t *testing.T) {
	const diagnostic = `{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Error creating Topic: googleapi: Error 403","detail":"Permission\ndenied","address":"module.app.google_pubsub_topic.orders"}}
`
	for name, c := range map[string]struct {
		change func(*setup)
		want   string
	}{
		"no tool":    {func(s *setup) { os.Remove(filepath.Join(s.bin, "terraform")) }, "neither terraform nor tofu is on PATH; install one of them, https://developer.hashicorp.com/terraform/install or https://opentofu.org/docs/intro/install"},
		"no state":   {func(s *setup) { s.app.State = "" }, "the state of Terraform needs a place that outlives this machine; set targets.gcp.state to gs://BUCKET/PREFIX, in a bucket that exists"},
		"no project": {func(s *setup) { s.app.Project = "" }, "there is no project; set targets.gcp.project"},
		"no images": {func(s *setup) {
			s.app.Terraform.Variables, s.app.Terraform.Needed = map[string]string{"images": "map(string)"}, []string{"images"}
		},
			"the environment has no TF_VAR_images, a map(string); docs/deploy.md says what it is"},
		"init": {func(s *setup) {
			s.says("init.err", "╷\n│ Error: Failed to get existing workspaces: querying Cloud Storage failed:\n│ storage: bucket doesn't exist\n│ \n╵\n")
		}, "terraform init: Failed to get existing workspaces: querying Cloud Storage failed: storage: bucket doesn't exist"},
		"plan":  {func(s *setup) { s.says("plan.out", diagnostic); s.says("plan.fails", "") }, "terraform plan: google_pubsub_topic.orders: Error creating Topic: googleapi: Error 403: Permission denied"},
		"apply": {func(s *setup) { s.says("apply.out", diagnostic); s.says("apply.fails", "") }, "terraform apply: google_pubsub_topic.orders: Error creating Topic: googleapi: Error 403: Permission denied"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, "terraform")
			s.says("show.out", shown)
			c.change(s)
			if name == "no tool" {
				t.Setenv("PATH", s.bin)
			}
			p, err := s.app.Plan(t.Context(), deploy.Options{})
			if err == nil {
				_, err = p.Carry(t.Context(), func(string) {})
			}
			if fmt.Sprint(err) != c.want {
				t.Errorf("the error is\n%v, and not\n%s", err, c.want)
			}
		})
	}
}

// An interrupt is passed on once, and what the tool has begun is waited for.
func TestInterrupted(t *testing.T) {
	s := newSetup(t, "terraform")
	s.says("show.out", shown)
	s.says("wait", "")
	p, err := s.app.Plan(t.Context(), deploy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(s.bin, "waiting")); err == nil {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	var told []string
	_, err = p.Carry(ctx, func(text string) { told = append(told, text) })
	if !errors.Is(err, context.Canceled) || len(told) != 1 || told[0] != "terraform has ended what it had begun, and nothing goes on without fngen; the same command does the rest" {
		t.Errorf("it tells %q (%v)", told, err)
	}
	if !strings.HasSuffix(s.calls(), "\ninterrupted\n") {
		t.Error("the tool was not interrupted")
	}
}

// Logs are those of the function's service.
func TestLogs(t *testing.T) {
	s := newSetup(t, "gcloud")
	s.says("logging.out", `[{"insertId":"1","timestamp":"2026-11-30T12:00:01.5Z","severity":"DEFAULT","textPayload":"plain"},
{"insertId":"2","timestamp":"2026-11-30T12:00:02Z","severity":"ERROR","jsonPayload":{"message":"no stock"}}]`)
	var told []string
	tell := func(l deploy.Line) { told = append(told, l.Time.Format(time.TimeOnly)+" "+l.Text) }
	since := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	if err := s.app.Logs(t.Context(), model.Function{Name: "confirm"}, deploy.LogOptions{Since: since}, tell); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"12:00:01 plain", `12:00:02 ERROR {"message":"no stock"}`}, told); diff != "" {
		t.Error(diff)
	}
	want := `gcloud logging read resource.type="cloud_run_revision" AND resource.labels.service_name="shop-confirm" AND timestamp>="2026-11-30T12:00:00Z" --project=acme-shop --order=asc --format=json --quiet` + "\n"
	if diff := cmp.Diff(want, s.calls()); diff != "" {
		t.Error(diff)
	}

	// Followed, a line that comes again is told once, and one that comes later too.
	told = nil
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.app.Logs(ctx, model.Function{Name: "confirm"}, deploy.LogOptions{Since: since, Follow: true, Every: time.Millisecond}, func(l deploy.Line) {
		tell(l)
		switch len(told) {
		case 2:
			s.says("logging.out", `[{"insertId":"2","timestamp":"2026-11-30T12:00:02Z","textPayload":"again"},{"insertId":"3","timestamp":"2026-11-30T12:00:01.9Z","textPayload":"late"}]`)
		case 3:
			cancel()
		}
	}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"12:00:01 plain", `12:00:02 ERROR {"message":"no stock"}`, "12:00:01 late"}, told); diff != "" {
		t.Error(diff)
	}

	t.Setenv("PATH", t.TempDir())
	if err := s.app.Logs(t.Context(), model.Function{Name: "confirm"}, deploy.LogOptions{}, tell); err == nil || !strings.HasPrefix(err.Error(), "gcloud is not on PATH") {
		t.Errorf("the error is %v", err)
	}
}
