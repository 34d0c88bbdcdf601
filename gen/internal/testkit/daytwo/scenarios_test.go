package daytwo

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/repository"
)

// A scenario says what is wrong with what becomes of the one output but last when
// the last is deployed.
type scenario func(target string, before, after deployment, changes []change) []string

// each runs the scenario for each target.
func each(t *testing.T, days []application, wrong scenario) {
	t.Helper()
	for _, target := range forms {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			all := deploy(t, target, days...)
			before, after := all[len(all)-2], all[len(all)-1]
			changes, err := compare(before.estate, after.estate, readers[target].forces)
			if err != nil {
				t.Fatal(err)
			}
			report(t, wrong(target, before, after, changes))
		})
	}
}

func report(t *testing.T, wrong []string) {
	t.Helper()
	if len(wrong) > 0 {
		t.Error(strings.Join(wrong, "\n"))
	}
}

// list says what there should be none of, each with what it is.
func list(what string, found []string) []string {
	var out []string
	for _, f := range found {
		out = append(out, what+": "+f)
	}
	return out
}

// duplicates are what feeds a function that is gone as well as its successor.
func duplicates(changes []change) []string { return list("it is still there", of(changes, left)) }

// ofQueue matches what is named after a queue of shop, or its function.
var ofQueue = regexp.MustCompile(`orders|stock|confirm|reserve`)

// A rename that nobody says is a removal and an addition: build says so of each
// function, and how it is none. On AWS not even then is data lost, and nowhere
// that of a queue.
func TestRename(t *testing.T) {
	each(t, []application{shop(), shop().renamed(false)}, func(target string, before, after deployment, changes []change) []string {
		var wrong []string
		for _, f := range before.functions {
			if word := ": " + f + " of the last build is gone"; !strings.Contains(strings.Join(after.words, "\n"), word) {
				wrong = append(wrong, "nothing is said of "+f)
			}
		}
		lost := lostIn(changes)
		if target != "aws" {
			lost = slices.DeleteFunc(lost, func(l string) bool { return !ofQueue.MatchString(l) })
		}
		return slices.Concat(wrong, list("data is lost", lost), duplicates(changes))
	})
}

// What a rename is said to be, it is: the same function, at the same addresses,
// with what it holds, the first time and the second.
func TestRenameSaid(t *testing.T) {
	for name, days := range map[string][]application{
		"once":       {shop(), shop().renamed(true)},
		"twice":      {shop(), shop().renamed(true), shop().again()},
		"behind api": {api(), api().renamed(true)},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, days, func(_ string, _, after deployment, changes []change) []string {
				return slices.Concat(list("data is lost", lostIn(changes)), list("an address is gone", gone(changes)), list("there is something to say", after.words), duplicates(changes))
			})
		})
	}
}

// One who goes back to the output before has what was there.
func TestRollBack(t *testing.T) {
	for name, days := range map[string][]application{
		"a rename": {shop(), shop().renamed(true), shop()},
		"an order": {api(), api().reversed(), api()},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, days, func(_ string, _, _ deployment, changes []change) []string {
				return slices.Concat(list("data is lost", lostIn(changes)), list("an address is gone", gone(changes)), duplicates(changes))
			})
		})
	}
}

// A function that is removed takes nothing with it that others have. What data
// goes with it is documented.
func TestRemove(t *testing.T) {
	said := map[string]*regexp.Regexp{} // what is lost, by target
	for target, word := range map[string][2]string{
		"gcp":       {"Terraform destroys the subscriptions and dead letters of a function that is removed", "^removed google_pubsub_subscription "},
		"openwhisk": {"The place of its feed in Kafka or CouchDB goes with a function that is removed", "^removed feed "},
		ofTerraform: {"Terraform destroys the queues, streams and dead letters of a function that is removed", ofRemoved.String()},
	} {
		if documented(t, word[0]) {
			said[target] = regexp.MustCompile(word[1])
		}
	}
	for _, name := range []string{"Confirm", "Print", "Thumbnail", "Greet", "Count", "Order"} {
		t.Run(name, func(t *testing.T) {
			each(t, []application{shop(), shop().without(name)}, func(target string, _, _ deployment, changes []change) []string {
				lost := lostIn(changes)
				if known := said[target]; known != nil {
					lost = slices.DeleteFunc(lost, known.MatchString)
				}
				return slices.Concat(list("data is lost", lost), list("it does not stay", of(changes, replaced)), duplicates(changes))
			})
		})
	}
}

// ofRemoved is what Terraform destroys on AWS of a function that is removed.
var ofRemoved = regexp.MustCompile("^removed aws_(sqs_queue|kinesis_stream) ")

// What was retained of a function that was removed is in the way of one who goes
// back, if it has a name of its own: how it is imported is documented.
func TestRemoveAndRollBack(t *testing.T) {
	for _, target := range forms {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			days := deploy(t, target, shop(), shop().without("Thumbnail").without("Greet"))
			changes, err := compare(days[0].estate, days[1].estate, readers[target].forces)
			if err != nil {
				t.Fatal(err)
			}
			var wrong []string
			for _, c := range changes {
				r := c.before
				if c.effect == removed && r.holds && r.retained && r.address != "" && !strings.Contains(r.address, generated) && r.kind != "google_storage_bucket" && !documented(t, "--change-set-type IMPORT") {
					wrong = append(wrong, r.kind+" "+c.id+" is in the way of its own return")
				}
			}
			report(t, wrong)
		})
	}
}

// documented reports whether the text is in README or a page of docs.
func documented(t *testing.T, text string) bool {
	t.Helper()
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range append(pages, filepath.Join(root, "README.md")) {
		data, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.Join(strings.Fields(string(data)), " "), text) {
			return true
		}
	}
	return false
}

// The order in which the source says it is nothing that is deployed.
func TestReorder(t *testing.T) {
	for name, app := range map[string]application{"urls": shop(), "api": api()} {
		t.Run(name, func(t *testing.T) {
			each(t, []application{app, app.reversed()}, func(_ string, _, after deployment, changes []change) []string {
				return slices.Concat(list("it does not stay", of(changes, replaced, removed, created, left)), list("there is something to say", after.words))
			})
		})
	}
}

// A function that handles dead letters, or that shares them, is added to what is
// there: the queue in which they lie stays, whatever feeds the function that gave
// them up, and when the handler is taken out again.
func TestAddLetters(t *testing.T) {
	for name, test := range map[string]struct {
		before application
		added  []string
	}{
		"of a queue":    {shop(), []string{"queue confirm-dead-letters letters"}},
		"of a topic":    {shop(), []string{"queue print-dead-letters letters"}},
		"of a schedule": {shop(), []string{"queue nightly-dead-letters letters"}},
		"of a document": {shop(), []string{"queue greet-dead-letters letters"}},
		"of a name":     {shop().saying("Confirm", "queue orders", "deadletter failures"), []string{"queue failures letters"}},
		"in order":      {shop().saying("Confirm", "queue orders fifo"), []string{"queue confirm-dead-letters letters fifo"}},
		"in order, of a name": {shop().saying("Confirm", "queue orders fifo", "deadletter failures"),
			[]string{"queue failures letters fifo"}},
		"that others write to":   {shop(), []string{"queue refunds", "deadletter confirm-dead-letters"}},
		"that the function says": {shop(), nil},
	} {
		t.Run(name, func(t *testing.T) {
			after := test.before.with(test.added, "Again")
			if test.added == nil {
				after = test.before.saying("Confirm", "queue orders", "retries 4", "deadletter confirm-dead-letters")
			}
			for way, days := range map[string][]application{"added": {test.before, after}, "taken out": {test.before, after, test.before}} {
				t.Run(way, func(t *testing.T) {
					each(t, days, func(target string, _, _ deployment, changes []change) []string {
						stays := of(changes, replaced, removed, left)
						if way == "taken out" { // what is the handler's own goes with it
							stays = slices.DeleteFunc(stays, func(c string) bool { return !ofLetters.MatchString(c) || ofHandler.MatchString(c) })
						}
						if target == "openwhisk" { // whose triggers keep nothing
							stays = of(changes, left)
						}
						return list("it does not stay", stays)
					})
				})
			}
		})
	}
}

// A handler that gets a second trigger is two functions, of which neither has the
// name of the one before: build says so, and how it stays. A queue stays all the same.
func TestAddTrigger(t *testing.T) {
	before, after := shop().saying("Confirm", "queue orders"), shop().saying("Confirm", "queue orders", "topic confirmed")
	each(t, []application{before, after}, func(target string, _, after deployment, changes []change) []string {
		var wrong []string
		words := strings.Join(after.words, "\n")
		for _, word := range []string{": confirm of the last build is gone", "write a handler of its own for the other trigger, so that this one stays confirm"} {
			if !strings.Contains(words, word) {
				wrong = append(wrong, "nothing is said: "+word)
			}
		}
		return slices.Concat(wrong, list("data is lost", lostIn(changes)), duplicates(changes))
	})
}

// What operators and directives decide of how a function runs replaces nothing.
func TestOperate(t *testing.T) {
	after := shop().saying("Confirm", "queue orders", "retries 6", "timeout 45s").saying("Print", "topic news", "timeout 45s").saying("Nightly", `schedule "30 5 * * *"`, "timeout 45s")
	after.settings = "functions:\n  confirm: {memory: 512MB, env: {LEVEL: debug}}\n  order: {memory: 512MB}\n" + after.settings
	each(t, []application{shop(), after}, func(target string, _, after deployment, changes []change) []string {
		stays := of(changes, replaced, removed, left, created)
		if target == "openwhisk" { // an alarm with another time is another feed, which holds nothing
			stays = slices.DeleteFunc(stays, func(c string) bool { return strings.HasPrefix(c, "replaced feed trigger shop.schedule.nightly: ") })
		}
		if len(of(changes, updated)) == 0 {
			stays = append(stays, "nothing changes")
		}
		return slices.Concat(list("it does not stay", stays), list("there is something to say", after.words))
	})
}

// A sink is added with what it sends to, and goes with it: what a queue holds is lost
// on Google alone, which is documented.
func TestSinks(t *testing.T) {
	with := func(sink string) application { return shop().saying("Print", "topic news", "sink "+sink) }
	for sink, targets := range map[string]string{"topic:printed": "", "event:bus type=com.example.printed": "", "queue:printed": ",targets aws,gcp"} {
		after := with(sink)
		before := shop()
		if targets != "" {
			after = shop().saying("Print", "topic news", "sink "+sink, "targets aws,gcp")
			before = shop().saying("Print", "topic news", "targets aws,gcp")
		}
		t.Run(sink, func(t *testing.T) {
			t.Run("added", func(t *testing.T) {
				each(t, []application{before, after}, func(target string, _, _ deployment, changes []change) []string {
					return list("it does not stay", of(changes, replaced, removed, left))
				})
			})
			t.Run("removed", func(t *testing.T) {
				each(t, []application{after, before}, func(target string, _, _ deployment, changes []change) []string {
					lost := lostIn(changes)
					if target == "gcp" && documented(t, "a queue that is only sent to goes with the last sink that names it, and so do the subscriptions to the events of a sink") {
						lost = slices.DeleteFunc(lost, func(l string) bool { return strings.HasPrefix(l, "removed google_pubsub_subscription ") })
					}
					if target == ofTerraform { // as TestRemove has it
						lost = slices.DeleteFunc(lost, ofRemoved.MatchString)
					}
					return slices.Concat(list("data is lost", lost), list("it does not stay", of(changes, replaced)), duplicates(changes))
				})
			})
		})
	}
}

// Another use is added, and taken out again: what the others need stays as it
// is, and what was used outlives it. A use of what a trigger has is of the same,
// and a trigger of what is used feeds by it.
func TestUses(t *testing.T) {
	method := []string{"topic sorted", "targets aws,gcp"}
	everywhere := method[:1]
	for name, days := range map[string][]application{
		"first":            {shop().with(method, "Other"), shop().with(method, "Other").using(method, "drafts object:drafts", "carts document:carts")},
		"another":          {shop().using(method, "drafts object:drafts read"), shop().using(method, "notes document:notes write", "drafts object:drafts read", "key secret:stripe", "more object:drafts write prefix=out/")},
		"a document":       {shop().using(everywhere, "carts document:carts"), shop().using(everywhere, "carts document:carts", "notes document:notes")},
		"of triggers":      {shop().using(method, "key secret:stripe"), shop().using(method, "key secret:stripe", "pictures object:pictures", "users document:users")},
		"fed":              {shop().using(method, "drafts object:drafts", "carts document:carts"), shop().using(method, "drafts object:drafts", "carts document:carts").with([]string{"object drafts created", "targets aws,gcp"}, "Draft").with([]string{"document carts", "targets aws,gcp"}, "Cart")},
		"in another order": {shop().using(method, "drafts object:drafts", "carts document:carts"), shop().using(method, "carts document:carts", "drafts object:drafts")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("added", func(t *testing.T) {
				each(t, days, func(_ string, _, _ deployment, changes []change) []string {
					return list("it does not stay", of(changes, replaced, removed, left))
				})
			})
			t.Run("taken out", func(t *testing.T) {
				each(t, []application{days[1], days[0]}, func(target string, _, _ deployment, changes []change) []string {
					lost := lostIn(changes)
					if target == "gcp" { // the subscriptions of the functions that go, as TestRemove has them
						lost = slices.DeleteFunc(lost, func(l string) bool { return strings.HasPrefix(l, "removed google_pubsub_subscription ") })
					}
					if target == ofTerraform {
						lost = slices.DeleteFunc(lost, ofRemoved.MatchString)
					}
					return slices.Concat(list("data is lost", lost), list("it does not stay", of(changes, replaced)), duplicates(changes))
				})
			})
		})
	}
	t.Run("side by side", func(t *testing.T) {
		app := shop().using(method, "drafts object:drafts write", "carts document:carts write")
		for _, target := range []string{"aws", "gcp", ofTerraform} {
			first, second := deploy(t, target, app)[0], deploy(t, target, app.at("example.com/bill"))[0]
			report(t, list("both have", common(first.estate, second.estate)))
		}
	})
}

// What operators decide of the accounts, networks and keys on Google Cloud changes
// from one day to the next, and nothing that holds something is another because of
// it. What is, is documented.
func TestOperatedOnGoogle(t *testing.T) {
	operated := func(account, connector, key string) application {
		app := shop()
		app.settings += "targets:\n  gcp:\n    service-account: " + account + "@acme-shop.iam.gserviceaccount.com\n    vpc: {connector: projects/acme-shop/locations/europe-west1/connectors/" + connector + "}\n" +
			"    kms-key: projects/acme-keys/locations/europe-west1/keyRings/shop/cryptoKeys/" + key + "\n    notification-channel: projects/acme-shop/notificationChannels/42\n" +
			"functions:\n  print: {gcp: {roles: [{role: roles/pubsub.publisher, on: //pubsub.googleapis.com/projects/acme-audit/topics/" + key + "}]}}\n"
		return app
	}
	for name, days := range map[string][]application{
		"added":     {shop(), operated("shop", "shop", "data")},
		"changed":   {operated("shop", "shop", "data"), operated("other", "other", "other")},
		"taken out": {operated("shop", "shop", "data"), shop()},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, days, func(_ string, _, _ deployment, changes []change) []string {
				wrong := slices.Concat(list("data is lost", lostIn(changes)), duplicates(changes))
				for _, c := range of(changes, replaced) {
					if !strings.Contains(c, "_iam_member ") && !(strings.Contains(c, "google_artifact_registry_repository") && documented(t, "Another key makes another repository of images")) {
						wrong = append(wrong, "it does not stay: "+c)
					}
				}
				return wrong
			})
		})
	}
}

// The same of what operators decide on AWS: of a role's path that is documented.
func TestOperatedOnAWS(t *testing.T) {
	operated := func(name, digit string) application {
		app := shop()
		app.settings += "targets:\n  aws:\n    permissions-boundary: arn:aws:iam::123456789012:policy/" + name + "\n    role-path: /" + name + "/\n" +
			"    vpc: {subnets: [subnet-0000000" + digit + "], security-groups: [sg-0000000" + digit + "]}\n" +
			"    kms-key: arn:aws:kms:eu-west-1:123456789012:key/0000000" + digit + "-0000-0000-0000-000000000000\n    alarm-topic: arn:aws:sns:eu-west-1:123456789012:" + name + "\n" +
			"    tracing: active\n    log-format: json\n    log-group: " + name + "\n    ephemeral-storage: " + digit + "GB\n" +
			"functions:\n  print: {aws: {policies: [arn:aws:iam::aws:policy/" + name + "], statements: [{actions: [s3:GetObject], resources: [arn:aws:s3:::" + name + "/a]}]}}\n"
		return app
	}
	for name, days := range map[string][]application{
		"added":     {shop(), operated("one", "1")},
		"changed":   {operated("one", "1"), operated("two", "2")},
		"taken out": {operated("one", "1"), shop()},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, days, func(_ string, _, _ deployment, changes []change) []string {
				wrong := slices.Concat(list("data is lost", lostIn(changes)), duplicates(changes))
				for _, c := range of(changes, replaced) {
					role := strings.Contains(c, "AWS::IAM::Role ") || strings.Contains(c, "aws_iam_role ")
					if !role && !strings.Contains(c, "aws_iam_role_policy_attachment ") || !documented(t, "another path makes other roles") {
						wrong = append(wrong, "it does not stay: "+c)
					}
				}
				return wrong
			})
		})
	}
}

// An order that a queue did not keep, it keeps as another queue: nothing is lost, and
// that there is another one, or that the plan refuses it, is documented.
func TestAddOrder(t *testing.T) {
	word := map[string]string{
		"aws": "What replaces them is another name in the directive, `fifo`",
		"gcp": "`fifo` on a queue that is there already is refused so",
	}
	const destroyed = "Terraform destroys the queues, streams and dead letters of a function that is removed, and a queue that gets `fifo`"
	each(t, []application{shop(), shop().saying("Confirm", "queue orders fifo", "retries 4")}, func(target string, _, _ deployment, changes []change) []string {
		lost := lostIn(changes)
		if target == ofTerraform && documented(t, destroyed) {
			lost = slices.DeleteFunc(lost, ofRemoved.MatchString)
		}
		wrong := list("data is lost", lost)
		if other := of(changes, replaced, removed); len(other) > 0 && !documented(t, word[strings.Fields(target)[0]]) {
			wrong = append(wrong, list("nothing is said", other)...)
		}
		return slices.Concat(wrong, duplicates(changes))
	})
}

// What is of dead letters, by the words that their ids and addresses have, and
// what is of the function that handles them.
var (
	ofLetters = regexp.MustCompile(`(google_pubsub_(topic|subscription)|AWS::SQS::Queue|aws_sqs_queue) `)
	ofHandler = regexp.MustCompile(`(?i)again|dead_letters_dlq|failures_dlq|refunds|DeadLettersQueueLetters|DeadLettersQueueFifoLetters|FailuresQueueLetters|FailuresQueueFifoLetters|(dead_letters|failures)_queue(_fifo)?_letters`)
)

// Two applications in one account, project or namespace have nothing in common
// that one of them could take from the other.
func TestSecondApplication(t *testing.T) {
	for _, target := range forms {
		t.Run(target, func(t *testing.T) {
			t.Parallel()
			first, second := deploy(t, target, shop())[0], deploy(t, target, shop().at("example.com/bill"))[0]
			report(t, list("both have", common(first.estate, second.estate)))
		})
	}
}

// common returns what two outputs that are deployed side by side have in common.
func common(first, second estate) []string {
	var out []string
	for _, a := range first.resources {
		for _, b := range second.resources {
			if a.name != "" && a.name == b.name {
				out = append(out, a.name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
