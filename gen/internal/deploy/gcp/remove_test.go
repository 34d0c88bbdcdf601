//go:build unix

package gcp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
	"github.com/fngen/fngen/internal/testkit/tool"
)

// state is that of a queue with dead letters in a topic of another application, of a
// bucket, and of a topic with nothing on it that is kept.
const state = `{"values":{"root_module":{"child_modules":[{"address":"module.app","resources":[
{"address":"module.app.data.google_project.it","mode":"data","type":"google_project","name":"it","values":{}},
{"address":"module.app.google_cloudfunctions2_function.confirm","mode":"managed","type":"google_cloudfunctions2_function","name":"confirm","values":{"name":"shop-confirm","location":"europe-west1"}},
{"address":"module.app.google_pubsub_subscription.audit_events[\"bus\"]","mode":"managed","type":"google_pubsub_subscription","name":"audit_events","index":"bus","values":{"name":"shop-audit","topic":"projects/acme-shop/topics/shop-news"}},
{"address":"module.app.google_pubsub_subscription.letters","mode":"managed","type":"google_pubsub_subscription","name":"letters","values":{"name":"shop-letters","topic":"projects/acme-other/topics/letters"}},
{"address":"module.app.google_pubsub_subscription.orders","mode":"managed","type":"google_pubsub_subscription","name":"orders","values":{"name":"shop-orders","topic":"projects/acme-shop/topics/shop-orders","ack_deadline_seconds":70}},
{"address":"module.app.google_pubsub_topic.news","mode":"managed","type":"google_pubsub_topic","name":"news","values":{"id":"projects/acme-shop/topics/shop-news","name":"shop-news"}},
{"address":"module.app.google_pubsub_topic.orders","mode":"managed","type":"google_pubsub_topic","name":"orders","values":{"id":"projects/acme-shop/topics/shop-orders","name":"shop-orders"}},
{"address":"module.app.google_storage_bucket.pictures","mode":"managed","type":"google_storage_bucket","name":"pictures","values":{"name":"${x}-pictures","location":"EUROPE-WEST1"}}]}]}}}`

// removing is what Terraform plans then, once with nothing to be created.
func removing(created ...string) string {
	var changes []string
	for address, action := range map[string]string{
		"google_cloudfunctions2_function.confirm": "delete", "google_pubsub_topic.news": "delete", `google_pubsub_subscription.audit_events["bus"]`: "delete",
		"google_pubsub_subscription.letters": "no-op", "google_pubsub_subscription.orders": "no-op", "google_pubsub_topic.orders": "no-op", "google_storage_bucket.pictures": "no-op",
	} {
		if slices.Contains(created, address) {
			action = "create"
		}
		kind, _, _ := strings.Cut(address, ".")
		changes = append(changes, fmt.Sprintf(`{"address":%q,"mode":"managed","type":%q,"change":{"actions":[%q]}}`, "module.app."+address, kind, action))
	}
	slices.Sort(changes)
	return `{"resource_changes":[` + strings.Join(changes, ",") + `]}`
}

// written reads a file of the root module's folder.
func (s *setup) written(name string) map[string]any {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.app.Terraform.Folder, name))
	if err != nil {
		s.t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		s.t.Fatal(err)
	}
	return file
}

// A removal keeps what holds data, with the topics that it hangs on, in the project
// and in the state. It asks for nothing that a build would have.
func TestRemoval(t *testing.T) {
	s := newSetup(t, "terraform")
	if err := os.RemoveAll(s.app.Terraform.Source); err != nil {
		t.Fatal(err)
	}
	s.app.Terraform.Variables["images"], s.app.Terraform.Needed = "map(string)", []string{"images"}
	s.says("state", state)
	s.says("show.out", removing())
	p, err := s.app.Removal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	p.Print(&text)
	if diff := cmp.Diff(`gcp: project acme-shop in europe-west1, with the state in gs://acme-terraform/shop/production
  - google_cloudfunctions2_function  confirm
  - google_pubsub_subscription       audit_events["bus"]
  - google_pubsub_topic              news
  note: letters (google_pubsub_subscription) stays in the project, with what is in it
  note: orders (google_pubsub_subscription) stays in the project, with what is in it
  note: pictures (google_storage_bucket) stays in the project, with what is in it
  note: orders (google_pubsub_topic) stays in the project, for its subscriptions
  0 to create, 0 to change, 3 to remove, 4 unchanged
`, text.String()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]any{
		"terraform": map[string]any{"backend": map[string]any{"gcs": map[string]any{"bucket": "acme-terraform", "prefix": "shop/production"}}},
		"provider":  map[string]any{"google": map[string]any{"project": "acme-shop", "region": "europe-west1"}},
		"module":    map[string]any{"app": map[string]any{"source": "./kept"}},
	}, s.written("main.tf.json")); diff != "" {
		t.Error(diff)
	}
	lifecycle := map[string]any{"prevent_destroy": true, "ignore_changes": "all"}
	if diff := cmp.Diff(map[string]any{
		"terraform": map[string]any{"required_providers": map[string]any{"google": map[string]any{"source": "hashicorp/google", "version": ">= 6.50.0, < 8.0.0"}}},
		"resource": map[string]any{
			"google_pubsub_subscription": map[string]any{
				"letters": map[string]any{"name": "shop-letters", "topic": "projects/acme-other/topics/letters", "lifecycle": lifecycle},
				"orders":  map[string]any{"name": "shop-orders", "topic": "projects/acme-shop/topics/shop-orders", "lifecycle": lifecycle},
			},
			"google_pubsub_topic":   map[string]any{"orders": map[string]any{"name": "shop-orders", "lifecycle": lifecycle}},
			"google_storage_bucket": map[string]any{"pictures": map[string]any{"name": "$${x}-pictures", "location": "EUROPE-WEST1", "lifecycle": lifecycle}},
		},
	}, s.written("kept/main.tf.json")); diff != "" {
		t.Error(diff)
	}

	// One that fails is gone on with by the same commands, from what the state then has.
	const calls = "terraform init -input=false -no-color -reconfigure\nterraform show -json\nterraform plan -input=false -json -out=fngen.tfplan\nterraform show -json fngen.tfplan\nterraform apply -input=false -json fngen.tfplan\n"
	s.says("apply.err", "Error: 403")
	if _, err := p.Carry(t.Context(), func(string) {}); err == nil || err.Error() != "terraform apply: 403" {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(calls, s.calls()); diff != "" {
		t.Error(diff)
	}
	if err := os.Remove(filepath.Join(s.bin, "apply.err")); err != nil {
		t.Fatal(err)
	}
	if p, err = s.app.Removal(t.Context()); err == nil {
		_, err = p.Carry(t.Context(), func(string) {})
	}
	if diff := cmp.Diff(calls, s.calls()); err != nil || diff != "" {
		t.Errorf("%v%s", err, diff)
	}
	if _, err := os.Stat(filepath.Join(s.app.Terraform.Folder, "fngen.tfplan")); err == nil {
		t.Error("the plan is left")
	}
}

// What somebody has deleted by hand is in the state until it is refreshed, and is not
// made anew; and of an application that was never deployed there is nothing to remove.
func TestRemovalOfLess(t *testing.T) {
	s := newSetup(t, "tofu")
	s.says("state", state)
	s.says("show.out", removing("google_storage_bucket.pictures"))
	s.says("show.next", removing())
	p, err := s.app.Removal(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if calls := s.calls(); p.Count(deploy.Create) != 0 || len(p.Notes) != 3 || strings.Count(calls, "tofu plan ") != 2 {
		t.Errorf("the plan is %v, %q, after\n%s", p.Steps, p.Notes, calls)
	}
	if kept := s.written("kept/main.tf.json")["resource"].(map[string]any); kept["google_storage_bucket"] != nil || len(kept) != 2 {
		t.Errorf("it keeps %v", kept)
	}

	s.says("state", `{"format_version":"1.0"}`)
	s.says("show.out", `{}`)
	if p, err = s.app.Removal(t.Context()); err == nil {
		_, err = p.Carry(t.Context(), func(string) {})
	}
	if err != nil || len(p.Steps)+len(p.Notes) != 0 || strings.Contains(s.calls(), "apply") {
		t.Errorf("the plan is %v, %q (%v)", p.Steps, p.Notes, err)
	}
}

// A removal fails with a state that cannot be read, before anything is planned, and
// with one that has got more to keep since it was read. No plan is left of it.
func TestRemovalFails(t *testing.T) {
	for _, c := range []struct{ file, says, want string }{
		{"state", "", "terraform show: unexpected end of JSON input"},
		{"show.out", "", "terraform show: unexpected end of JSON input"},
		{"plan.err", "Error: 403\n", "terraform plan: 403"},
		{"show.out", strings.ReplaceAll(removing(), "google_pubsub_topic", "google_storage_bucket"), "the state has news (google_storage_bucket) since a moment ago; wait until the other command that runs has ended"},
	} {
		s := newSetup(t, "terraform")
		s.says("state", state)
		s.says("show.out", removing())
		s.says(c.file, c.says)
		_, err := s.app.Removal(t.Context())
		if planned := strings.Contains(s.calls(), "terraform plan"); fmt.Sprint(err) != c.want || planned == (c.file == "state") {
			t.Errorf("%s: the error is %v", c.file, err)
		}
		if _, err := os.Stat(filepath.Join(s.app.Terraform.Folder, "fngen.tfplan")); err == nil {
			t.Errorf("%s: the plan is left", c.file)
		}
	}
}

// What is refused before Terraform runs leaves nothing in the application's folder.
func TestNothingIsWritten(t *testing.T) {
	s := newSetup(t, "terraform")
	s.app.State = ""
	if _, err := s.app.Removal(t.Context()); err == nil || !strings.Contains(err.Error(), "set targets.gcp.state") {
		t.Errorf("the error is %v", err)
	}
	if _, err := os.Stat(s.app.Terraform.Folder); err == nil {
		t.Error("there is a folder")
	}
}

// The arguments that the module of a removal gives are all that the provider demands.
func TestKeptArguments(t *testing.T) {
	provider := tfschema.Read(t, "google")
	for kind, want := range map[string][]string{"google_pubsub_subscription": {"name", "topic"}, "google_pubsub_topic": {"name"}, "google_storage_bucket": {"location", "name"}} {
		if diff := cmp.Diff(want, provider.Resource[kind].Required); diff != "" {
			t.Errorf("%s: %s", kind, diff)
		}
		for name, block := range provider.Resource[kind].Blocks {
			if block.Must {
				t.Errorf("%s demands a block %s", kind, name)
			}
		}
	}
}

// TestMain is Terraform where it is called so, with what it has built in instead of
// Google's provider and bucket, for which it needs no network.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "terraform" {
		fmt.Fprintln(os.Stderr, builtin())
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func builtin() error {
	for name, terraform := range map[string]any{"main.tf.json": map[string]any{"backend": map[string]any{"local": map[string]any{}}}, "kept/main.tf.json": map[string]any{}} {
		data, err := os.ReadFile(name)
		if err != nil {
			continue
		}
		var file map[string]any
		if err := json.Unmarshal(data, &file); err != nil {
			return err
		}
		delete(file, "provider")
		file["terraform"] = terraform
		if data, err = json.Marshal(file); err != nil {
			return err
		}
		if err := os.WriteFile(name, data, 0o600); err != nil {
			return err
		}
	}
	real := os.Getenv("FNGEN_TEST_TERRAFORM")
	return syscall.Exec(real, append([]string{real}, os.Args[1:]...), os.Environ())
}

const application = `variable "project" {}
variable "region" {}
resource "terraform_data" "function" {
  input = "confirm"
  %s
}
resource "terraform_data" "orders_queue" {
  input = "${terraform_data.function.id} orders"
  lifecycle { prevent_destroy = true }
}
resource "terraform_data" "grant" { input = terraform_data.orders_queue.id }
output "urls" { value = { confirm = "https://confirm.example" } }
`

// Terraform itself deploys, removes, removes again and deploys again, also after an
// apply that failed or was broken off, and what is kept is the same all along.
func TestTerraform(t *testing.T) {
	real := tool.Path(t, "terraform")
	s := newSetup(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(s.bin, "terraform")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FNGEN_TEST_TERRAFORM", real)
	s.app.Terraform.Variables = nil
	s.app.Terraform.Holds = func(kind, label string) bool { return label == "orders_queue" }
	source := func(function string) {
		if err := os.WriteFile(filepath.Join(s.app.Terraform.Source, "main.tf"), fmt.Appendf(nil, application, function), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	held := func() string {
		data, err := os.ReadFile(filepath.Join(s.app.Terraform.Folder, "terraform.tfstate"))
		if err != nil {
			t.Fatal(err)
		}
		var state struct {
			Resources []struct {
				Name      string
				Instances []struct{ Attributes struct{ ID string } }
			}
		}
		if err := json.Unmarshal(data, &state); err != nil {
			t.Fatal(err)
		}
		for _, r := range state.Resources {
			if r.Name == "orders_queue" && len(r.Instances) == 1 {
				return r.Instances[0].Attributes.ID
			}
		}
		return ""
	}
	remove := func(context.Context, deploy.Options) (deploy.Plan, error) { return s.app.Removal(t.Context()) }
	run := func(ctx context.Context, plan func(context.Context, deploy.Options) (deploy.Plan, error), summary string) (deploy.Result, error) {
		t.Helper()
		p, err := plan(t.Context(), deploy.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Summary() != summary {
			t.Errorf("%s, and not %s", p.Summary(), summary)
		}
		return p.Carry(ctx, func(string) {})
	}
	must := func(plan func(context.Context, deploy.Options) (deploy.Plan, error), summary string) deploy.Result {
		t.Helper()
		r, err := run(t.Context(), plan, summary)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}

	source("")
	must(s.app.Plan, "3 to create, 0 to change, 0 to remove, 0 unchanged")
	queue := held()
	must(remove, "0 to create, 0 to change, 2 to remove, 1 unchanged")
	must(remove, "0 to create, 0 to change, 0 to remove, 1 unchanged")
	if queue == "" || held() != queue {
		t.Fatalf("the queue was %q, and is %q", queue, held())
	}

	// A deployment that fails, and a removal of what there is of it.
	const fails, waits = `provisioner "local-exec" { command = "exit 7" }`, `provisioner "local-exec" { command = "touch waiting; sleep 2" }`
	source(fails)
	if _, err := run(t.Context(), s.app.Plan, "2 to create, 1 to change, 0 to remove, 0 unchanged"); err == nil || !strings.Contains(err.Error(), "exit status 7") {
		t.Errorf("the error is %v", err)
	}
	must(remove, "0 to create, 0 to change, 1 to remove, 1 unchanged")

	// One that is interrupted, and goes on.
	source(waits)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(s.app.Terraform.Folder, "waiting")); err == nil {
				cancel()
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	if _, err := run(ctx, s.app.Plan, "2 to create, 1 to change, 0 to remove, 0 unchanged"); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if held() != queue {
		t.Errorf("the queue was %q, and is %q", queue, held())
	}
	source("")
	p, err := s.app.Plan(t.Context(), deploy.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Carry(t.Context(), func(string) {})
	if err != nil || len(r.Addresses) != 1 || r.Addresses[0].URL != "https://confirm.example" || held() != queue {
		t.Errorf("%v, %v: the queue was %q, and is %q", r, err, queue, held())
	}
	must(s.app.Plan, "0 to create, 0 to change, 0 to remove, 3 unchanged")
}
