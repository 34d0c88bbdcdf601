package gcp_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// A deployed is what a main.tf makes of one resource.
type deployed struct {
	args map[string]string
	kept bool
}

// read returns the resources by their address.
func read(t *testing.T, src []byte) map[string]deployed {
	t.Helper()
	resources := map[string]deployed{}
	for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
		if b.Type != "resource" {
			continue
		}
		d := deployed{args: map[string]string{}}
		for name, a := range b.Body.Attributes {
			d.args[name] = string(a.Expr.Range().SliceBytes(src))
		}
		for _, inner := range b.Body.Blocks {
			d.kept = d.kept || inner.Type == "lifecycle" && inner.Body.Attributes["prevent_destroy"] != nil
		}
		resources[strings.Join(b.Labels, ".")] = d
	}
	return resources
}

func feeds() []model.Function {
	return []model.Function{
		{Name: "confirm", Trigger: model.Queue{Name: "orders"}, Sinks: []model.Sink{{Kind: "event", Name: "bus"}},
			Operation: model.Operation{Env: []model.Variable{{Name: "KEY", Value: "key", IsSecret: true}}}},
		{Name: "daily", Trigger: model.Schedule{Every: time.Hour}},
		{Name: "gone", Trigger: model.Object{Bucket: "uploads", Deleted: true}},
		{Name: "home", Trigger: model.HTTP{Path: "/"}},
		{Name: "ledger", Trigger: model.Event{Type: "com.example.order.placed"}},
		{Name: "news", Trigger: model.Topic{Name: "news"}},
		{Name: "open", Trigger: model.HTTP{Path: "/open", Public: true}},
		{Name: "views", Trigger: model.Stream{Name: "views"}},
	}
}

// Of a function that says what it was called nothing has another address or another
// name, whatever feeds it, also when it is renamed again: what becomes of it is
// compared in gen/internal/testkit/daytwo.
func TestRenamed(t *testing.T) {
	for _, pkg := range []string{"source", "binary"} {
		render := func(fs []model.Function) map[string]deployed {
			return read(t, mainTF(t, "targets: {gcp: {package: "+pkg+"}}\nresources: {uploads: {gcp: {name: acme-uploads}}}", model.App{Path: "example.com/shop", Functions: fs}))
		}
		before := render(feeds())
		after := feeds()
		for i, f := range feeds() {
			after[i].Name, after[i].Was, after[i].Since = "new-"+f.Name, f.Name, []string{"between-" + f.Name}
		}
		renamed := render(after)
		for address, was := range before {
			is, there := renamed[address]
			if strings.HasPrefix(address, "google_storage_bucket_object.") {
				continue // an archive, which is another
			}
			for _, name := range []string{"name", "account_id", "topic", "member", "for_each"} {
				if !there || was.args[name] != is.args[name] {
					t.Errorf("%s: %s of %s is %s, and was %s", pkg, name, address, is.args[name], was.args[name])
				}
			}
		}
		if len(before) != len(renamed) {
			t.Errorf("%s: %d resources, and there were %d", pkg, len(renamed), len(before))
		}
	}
}

// What holds data refuses to be replaced, and a removal keeps just that: the
// subscriptions and the buckets that are created, but for the one that archives lie in.
func TestKept(t *testing.T) {
	files, err := filepath.Glob("testdata/terraform/*.tf")
	if err != nil {
		t.Fatal(err)
	}
	kept := map[string]bool{}
	for _, name := range files {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for address, d := range read(t, src) {
			kind, label, _ := strings.Cut(address, ".")
			if d.kept != gcp.Holds(kind, label) {
				t.Errorf("%s: %s is kept: %t", name, address, d.kept)
			}
			kept[address] = d.kept
		}
	}
	for address, want := range map[string]bool{"google_pubsub_subscription.orders_queue": true, "google_storage_bucket.pictures_bucket": true, "google_storage_bucket.source": false, "google_pubsub_subscription.audit_events": false, "google_pubsub_topic.orders_queue": false} {
		if is, there := kept[address]; !there || is != want {
			t.Errorf("%s is there: %t, and kept: %t", address, there, is)
		}
	}
}

// A queue has one subscription, whoever listens to it, and if nobody does: what it
// holds stays where it is.
func TestQueueSubscription(t *testing.T) {
	sender := model.Function{Name: "send", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "queue", Name: "orders"}}}
	var subscriptions []deployed
	for _, listeners := range [][]model.Function{nil, {{Name: "confirm", Trigger: model.Queue{Name: "orders"}}}, {{Name: "take-over", Trigger: model.Queue{Name: "orders"}}}} {
		resources := read(t, mainTF(t, "", model.App{Path: "example.com/shop", Functions: append(listeners, sender)}))
		subscriptions = append(subscriptions, resources["google_pubsub_subscription.orders_queue"])
		if len(listeners) > 0 && resources["google_pubsub_topic.orders_dlq"].args["name"] != `"${var.name}-orders-dlq"` {
			t.Error("the dead letters are not the queue's")
		}
	}
	for _, s := range subscriptions {
		if s.args["name"] != `"${var.name}-orders-queue"` || s.args["topic"] != "google_pubsub_topic.orders_queue.id" || !s.kept {
			t.Errorf("the subscription is %v", s)
		}
	}
}

// Nothing is granted that another application in the project could have granted as
// well, and would lose with this one: the head of the file has the commands.
func TestSharedGrants(t *testing.T) {
	functions := []model.Function{
		{Name: "confirm", Trigger: model.Queue{Name: "orders"}, DeadLetter: "letters"},
		{Name: "picture", Trigger: model.Object{Bucket: "uploads", Created: true}},
	}
	src := mainTF(t, "targets: {gcp: {package: binary, "+verified+"}}\nresources: {letters: {gcp: {name: all-letters}}}", model.App{Path: "example.com/shop", Functions: functions})
	for _, command := range []string{
		"add-iam-policy-binding PROJECT --condition=None --role=roles/pubsub.publisher", "gcloud storage service-agent",
		"--role=roles/eventarc.eventReceiver", "--member=serviceAccount:events@acme.iam.gserviceaccount.com",
		"gcloud pubsub topics add-iam-policy-binding all-letters", "identity create --project=PROJECT --service=pubsub.googleapis.com", "cloudresourcemanager.googleapis.com",
	} {
		if !strings.Contains(string(src), command) {
			t.Errorf("the head has no %s", command)
		}
	}
	resources := read(t, src)
	for address, d := range resources {
		if strings.HasPrefix(address, "google_project_iam_member.") && !strings.HasPrefix(d.args["member"], "google_service_account.") ||
			strings.HasPrefix(address, "google_pubsub_topic_iam_member.") && strings.Contains(d.args["topic"], "all-letters") && d.args["member"] == "local.pubsub_agent" {
			t.Errorf("%s gives %s to %s", address, d.args["role"], d.args["member"])
		}
	}
}

// What compiles has an account of its own, with the roles that it needs, unless one
// is given.
func TestBuildAccount(t *testing.T) {
	src := mainTF(t, "", model.App{Path: "example.com/shop", Functions: feeds()})
	resources := read(t, src)
	got := []string{resources["google_service_account.build"].args["count"], resources["google_project_iam_member.build"].args["for_each"], resources["google_project_iam_member.build"].args["member"]}
	want := []string{
		"var.build_service_account == null ? 1 : 0",
		`toset(var.build_service_account == null ? ["roles/artifactregistry.writer", "roles/logging.logWriter", "roles/storage.objectViewer"] : [])`,
		"google_service_account.build[0].member",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(string(src), "service_account = var.build_service_account == null ? google_service_account.build[0].id : var.build_service_account") {
		t.Error("no function is compiled as it")
	}
}

// An attempt has the time that the function has, and never less than the job takes.
func TestAttemptDeadline(t *testing.T) {
	for timeout, want := range map[time.Duration]string{4 * time.Second: `"15s"`, 5 * time.Second: `"15s"`, 6 * time.Second: `"16s"`, 30 * time.Minute: `"1800s"`} {
		resources := read(t, mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "daily", Trigger: model.Schedule{Every: time.Hour}, Timeout: timeout}}}))
		if got := resources["google_cloud_scheduler_job.daily"].args["attempt_deadline"]; got != want {
			t.Errorf("%s: %s, want %s", timeout, got, want)
		}
	}
}
