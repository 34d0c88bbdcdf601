package gcp_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/fngen/fngen/gen/internal/model"
)

// forcesNew are the arguments with which the provider replaces a resource, by its
// kind, as far as main.tf has them. Of a member of a policy it is every one.
var forcesNew = map[string][]string{
	"google_cloud_run_v2_service":     {"name", "location", "project"},
	"google_cloud_scheduler_job":      {"name", "region", "project"},
	"google_cloudfunctions2_function": {"name", "location", "project"},
	"google_eventarc_channel":         {"name", "location", "project"},
	"google_eventarc_trigger":         {"name", "location", "project", "channel", "event_data_content_type"},
	"google_pubsub_subscription":      {"name", "topic", "project", "filter", "enable_message_ordering"},
	"google_pubsub_topic":             {"name", "project"},
	"google_service_account":          {"account_id", "project"},
	"google_storage_bucket":           {"name", "location", "project"},
	"google_storage_bucket_object":    {"name", "bucket"},
}

// A deployed is what a main.tf makes of one resource.
type deployed struct {
	args map[string]string
	kept bool
}

// read returns the resources by their address, and where they were.
func read(t *testing.T, src []byte) (map[string]deployed, map[string]string) {
	t.Helper()
	resources, moved := map[string]deployed{}, map[string]string{}
	text := func(a *hclsyntax.Attribute) string { return string(a.Expr.Range().SliceBytes(src)) }
	for _, b := range parsed(t, "main.tf", src).Blocks {
		switch b.Type {
		case "moved":
			moved[text(b.Body.Attributes["from"])] = text(b.Body.Attributes["to"])
		case "resource":
			d := deployed{args: map[string]string{}}
			for name, a := range b.Body.Attributes {
				d.args[name] = text(a)
			}
			for _, inner := range b.Body.Blocks {
				d.kept = d.kept || inner.Type == "lifecycle" && inner.Body.Attributes["prevent_destroy"] != nil
			}
			resources[strings.Join(b.Labels, ".")] = d
		}
	}
	return resources, moved
}

// A change is what an apply does to what is there.
type change struct{ Destroyed, Replaced, Refused []string }

// compare returns what becomes of what the first deployed when the second is
// applied: an address is followed through the moves, and a value through those of
// what it refers to.
func compare(t *testing.T, before, after []byte) change {
	t.Helper()
	old, _ := read(t, before)
	now, moved := read(t, after)
	to := func(address string) string {
		for moved[address] != "" {
			address = moved[address]
		}
		return address
	}
	for from := range moved {
		if _, there := now[from]; there {
			t.Errorf("%s is moved and there", from)
		}
	}
	var c change
	for address, was := range old {
		is, there := now[to(address)]
		kind, _, _ := strings.Cut(address, ".")
		var differs bool
		names := slices.Concat(slices.Collect(maps.Keys(was.args)), slices.Collect(maps.Keys(is.args)))
		for _, name := range names {
			value := was.args[name]
			for from := range moved {
				value = strings.ReplaceAll(value, from+".", to(from)+".")
			}
			if slices.Contains(forcesNew[kind], name) || strings.HasSuffix(kind, "_iam_member") && name != "for_each" {
				differs = differs || value != is.args[name]
			}
		}
		switch {
		case !there:
			c.Destroyed = append(c.Destroyed, address)
		case differs && is.kept:
			c.Refused = append(c.Refused, address)
		case differs:
			c.Replaced = append(c.Replaced, address)
		}
	}
	slices.Sort(c.Destroyed)
	slices.Sort(c.Replaced)
	slices.Sort(c.Refused)
	return c
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

// Of a function that says what it was called nothing is destroyed and nothing is
// replaced but its archive, whatever feeds it, also when it is renamed again; and
// what another application has moves with nothing.
func TestRenamed(t *testing.T) {
	for _, pkg := range []string{"source", "binary"} {
		render := func(fs []model.Function) []byte {
			return mainTF(t, "targets: {gcp: {package: "+pkg+"}}\nresources: {uploads: {gcp: {name: acme-uploads}}}", model.App{Path: "example.com/shop", Functions: fs})
		}
		first := render(feeds())
		for i, f := range feeds() {
			for _, since := range [][]string{nil, {"between"}} {
				after := feeds()
				after[i].Name, after[i].Was, after[i].Since = "renamed", f.Name, since
				var want change
				if pkg == "source" {
					want.Replaced = []string{"google_storage_bucket_object." + f.Name}
				}
				if diff := cmp.Diff(want, compare(t, first, render(after))); diff != "" {
					t.Errorf("%s: %s renamed (-want +got):\n%s", pkg, f.Name, diff)
				}
				if since != nil {
					between := feeds()
					between[i].Name, between[i].Was = "between", f.Name
					if diff := cmp.Diff(want.Destroyed, compare(t, render(between), render(after)).Destroyed); diff != "" {
						t.Errorf("%s: %s renamed again (-want +got):\n%s", pkg, f.Name, diff)
					}
				}
			}
		}
	}
}

// Without a word in the source, what holds data is a queue's own: its subscription
// and its dead letters stay, and buckets and topics do.
func TestRenamedSilently(t *testing.T) {
	render := func(fs []model.Function) []byte {
		return mainTF(t, "", model.App{Path: "example.com/shop", Functions: fs})
	}
	holds := func(address string) bool {
		return strings.HasPrefix(address, "google_pubsub_subscription.") || strings.HasPrefix(address, "google_pubsub_topic.") || strings.HasPrefix(address, "google_storage_bucket.")
	}
	for i, want := range map[int][]string{
		0: nil,
		2: {"google_pubsub_subscription.gone_deadletter", "google_pubsub_topic.gone_deadletter"},
		5: {"google_pubsub_subscription.news_deadletter", "google_pubsub_subscription.news_push", "google_pubsub_topic.news_deadletter"},
	} {
		after := feeds()
		after[i].Name = "renamed"
		c := compare(t, render(feeds()), render(after))
		lost := slices.DeleteFunc(slices.Concat(c.Destroyed, c.Replaced), func(a string) bool { return !holds(a) })
		if diff := cmp.Diff(want, lost, cmpopts.EquateEmpty()); diff != "" || len(c.Refused) > 0 {
			t.Errorf("%s renamed: %v is refused, and lost is (-want +got):\n%s", feeds()[i].Name, c.Refused, diff)
		}
	}
}

// A function that is taken out takes nothing of another's away, and what the order
// of functions is makes no difference.
func TestRemoved(t *testing.T) {
	render := func(fs []model.Function) []byte {
		return mainTF(t, "targets: {gcp: {package: binary}}", model.App{Path: "example.com/shop", Functions: fs})
	}
	for i, f := range feeds() {
		after := slices.Delete(feeds(), i, i+1)
		c := compare(t, render(feeds()), render(after))
		for _, address := range slices.Concat(c.Destroyed, c.Replaced, c.Refused) {
			_, label, _ := strings.Cut(address, ".")
			own := label == f.Name || strings.HasPrefix(label, f.Name+"_") || strings.HasPrefix(label, strings.ReplaceAll(f.Trigger.Resource(), ".", "_")+"_") || strings.HasPrefix(label, "bus_") || label == "events" || label == "ledger_events" && f.Sinks != nil
			if !own {
				t.Errorf("without %s there is no %s", f.Name, address)
			}
		}
	}
}

// What would lose data when it is replaced refuses to be: another order of a queue,
// or another name for all.
func TestKept(t *testing.T) {
	app := func(fifo bool) model.App {
		return model.App{Path: "example.com/shop", Functions: []model.Function{
			{Name: "confirm", Trigger: model.Queue{Name: "orders", FIFO: fifo}},
			{Name: "picture", Trigger: model.Object{Bucket: "uploads", Created: true}},
		}}
	}
	want := change{Refused: []string{"google_pubsub_subscription.orders_queue"}}
	if diff := cmp.Diff(want, compare(t, mainTF(t, "", app(false)), mainTF(t, "", app(true)))); diff != "" {
		t.Errorf("fifo (-want +got):\n%s", diff)
	}
	resources, _ := read(t, mainTF(t, "", app(false)))
	for _, address := range []string{"google_pubsub_subscription.orders_queue", "google_pubsub_subscription.orders_dlq", "google_pubsub_subscription.picture_deadletter", "google_storage_bucket.uploads_bucket"} {
		if !resources[address].kept {
			t.Errorf("%s may be destroyed", address)
		}
	}
}

// A queue that is listened to, or no more, has one subscription all along.
func TestListener(t *testing.T) {
	sender := model.Function{Name: "send", Trigger: model.HTTP{Path: "/"}, Sinks: []model.Sink{{Kind: "queue", Name: "orders"}}}
	render := func(fs ...model.Function) []byte {
		return mainTF(t, "", model.App{Path: "example.com/shop", Functions: fs})
	}
	without, with := render(sender), render(model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}}, sender)
	for name, c := range map[string]change{"comes": compare(t, without, with), "goes": compare(t, with, without)} {
		for _, address := range slices.Concat(c.Destroyed, c.Replaced, c.Refused) {
			if strings.HasSuffix(address, ".orders_queue") && !strings.Contains(address, "_iam_") {
				t.Errorf("a listener that %s changes %s", name, address)
			}
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
	resources, _ := read(t, src)
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
	resources, _ := read(t, src)
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
		resources, _ := read(t, mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{{Name: "daily", Trigger: model.Schedule{Every: time.Hour}, Timeout: timeout}}}))
		if got := resources["google_cloud_scheduler_job.daily"].args["attempt_deadline"]; got != want {
			t.Errorf("%s: %s, want %s", timeout, got, want)
		}
	}
}
