package gcp

import (
	"fmt"
	"slices"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// terraform is main.tf while it is written: a module that has neither a
// provider nor a backend, so that it can be applied as it is or called from
// another, where its state outlives what is built.
type terraform struct {
	hcl.Body
	target
	app       model.App
	functions []function
	invoker   account // as which Google's services call
	builder   string  // of the one that compiles
	events    []topic // the topics of sinks for events

	accounts                   []function       // see runsAs
	permits                    map[string][]any // references to what permit has written, by the label
	letterQueues, movedLetters []topic          // see deadLetterQueues
	orderedLetters             map[topic]bool   // see fifoLetters
}

// A function is one of the application's. What is its alone is called after its
// identity, in the project as well as in Terraform's state: a rename in the source
// that says so changes neither, and no more does one who goes back.
type function struct {
	model.Function
	account          // whose label is that of its resources too
	resource  string // the type of the one that runs it
	publishes []topic
	vpc       vpc
	rights    []right
}

// An account is a service account, as which something runs.
type account struct {
	label    string // of the one that main.tf creates
	existing string // the e-mail of another; "" for none
}

func (a account) email() hcl.Expr {
	if a.existing != "" {
		return hcl.Value(a.existing)
	}
	return hcl.Ref("google_service_account", a.label, "email")
}

// member returns the same as a member of a policy.
func (a account) member() hcl.Expr {
	if a.existing != "" {
		return hcl.Value("serviceAccount:" + a.existing)
	}
	return hcl.Ref("google_service_account", a.label, "member")
}

// providerVersions are those of hashicorp/google whose names main.tf uses.
const providerVersions = ">= 6.50.0, < 8.0.0"

// Infrastructure returns main.tf: a Cloud Function for each of the functions, or
// for binaries a Cloud Run service, and what feeds them. Terraform's provider
// deploys no archive without a build, so that the variable images names what the
// operator has made of each binary, with
//
//	FROM gcr.io/distroless/static
//	COPY main /
//	ENTRYPOINT ["/main"]
//
// for instance.
func (t target) Infrastructure(app model.App) ([]model.File, []model.Diagnostic, error) {
	file := hcl.NewFile()
	w := &terraform{Body: file.Body, target: t, app: app, permits: map[string][]any{}}
	resource := "google_cloudfunctions2_function"
	if t.binary {
		resource = "google_cloud_run_v2_service"
	}
	var names []string
	for _, f := range app.Functions {
		f.Operation.Env = slices.Concat(f.Operation.Env, t.secretAddresses(f), usedSecrets(f))
		o := t.operatedOf(f.Name)
		w.functions = append(w.functions, function{f, account{label(f.Identity()), o.account}, resource, t.publishes(f), o.vpc, o.rights})
		names = append(names, f.Identity())
	}
	w.accounts = w.existingAccounts()
	w.invoker, w.builder = account{free("invoker", names), w.caller}, free("build", names)
	w.events = slices.DeleteFunc(w.sent(), func(t topic) bool { return t.kind != "event" })
	w.letterQueues, w.movedLetters = w.deadLetterQueues()
	w.orderedLetters = w.fifoLetters()

	w.head()
	w.variables()
	w.shared()
	for _, f := range w.functions {
		w.function(f)
	}
	w.sources()
	w.alerts()
	w.outputs()
	return []model.File{{Path: "main.tf", Data: file.Bytes()}}, w.limits(), nil
}

func (w *terraform) variables() {
	str := hcl.Ref("string")
	w.Variable("name", "Begins the name of everything here, so that two of it can live in one project.",
		str, applicationName(w.app)).
		Block("validation",
			hcl.Pair{Name: "condition", Value: hcl.Both(
				hcl.Call("can", hcl.Call("regex", fmt.Sprintf("^[a-z][a-z0-9-]{0,%d}[a-z0-9]$", maxName-2), hcl.Ref("var", "name"))),
				hcl.Not(hcl.Call("strcontains", hcl.Ref("var", "name"), reservedName)))},
			hcl.Pair{Name: "error_message", Value: fmt.Sprintf("Give 2 to %d of a-z, 0-9 and -, a letter first, no - last and no %s in it.", maxName, reservedName)})
	w.Variable("project", "The ID of the project.", str, w.project)
	w.Variable("region", "Where the functions run, and what feeds them is created.", str, w.region)
	if w.binary {
		w.Variable("images", "By function the image that runs it: the program main of its archive, on a base with certificates such as gcr.io/distroless/static.", hcl.Call("map", str), nil)
	} else {
		w.Variable("build_service_account", "The service account that compiles the functions, projects/PROJECT/serviceAccounts/EMAIL; null for one that is created.",
			str, hcl.Ref("null"))
	}
	if slices.ContainsFunc(w.functions, func(f function) bool { return f.closed() && !w.verifies(f) }) {
		w.Variable("invokers", "Who may call the HTTP functions that are not public: serviceAccount:EMAIL, group:EMAIL and so on.",
			hcl.Call("set", str), []any{}).
			Block("validation",
				hcl.Pair{Name: "condition", Value: hcl.Equal(hcl.Call("length", hcl.Call("setintersection", hcl.Ref("var", "invokers"), []any{"allUsers", "allAuthenticatedUsers"})), 0)},
				hcl.Pair{Name: "error_message", Value: "What everybody may call says auth=public in its directive."})
	}
}

// physical returns the name of what main.tf creates.
func (w *terraform) physical(what string) hcl.Expr { return hcl.Text(hcl.Ref("var", "name"), "-"+what) }

// shared writes what the functions have in common.
func (w *terraform) shared() {
	if !w.binary {
		w.Comment("The archives of the functions, by what is in them.")
		w.bucket("source", free("source", w.bucketNames()))
		w.buildAccount()
		w.imageRepository()
	}
	if w.pushed() && w.caller == "" {
		w.Comment("Pub/Sub, Eventarc and Cloud Scheduler call the functions as this account.")
		w.serviceAccount(w.invoker.label, "calls the functions")
	}
	if slices.ContainsFunc(w.functions, function.hasDeadLetterPolicy) {
		w.Top("data", []string{"google_project", "this"}, hcl.Pair{Name: "project_id", Value: hcl.Ref("var", "project")})
		// https://cloud.google.com/pubsub/docs/dead-letter-topics
		w.Comment("Pub/Sub moves dead letters as this account.")
		w.Top("locals", nil, hcl.Pair{Name: "pubsub_agent",
			Value: hcl.Text("serviceAccount:service-", hcl.Ref("data", "google_project", "this", "number"), "@gcp-sa-pubsub.iam.gserviceaccount.com")})
	}
	w.customRoles()
	for _, a := range w.accounts {
		w.Comment(a.existing + " exists already. The functions that run as it need:")
		w.mayRead(a)
		w.maySend(a)
		w.mayUse(a)
	}
	w.eventarc()
}

// has reports whether a function has such a trigger.
func (w *terraform) has(such func(model.Trigger) bool) bool {
	return slices.ContainsFunc(w.functions, func(f function) bool { return such(f.Trigger) })
}

// pushed reports whether one of Google's services calls a function.
func (w *terraform) pushed() bool {
	return w.has(func(t model.Trigger) bool { _, http := t.(model.HTTP); return !http })
}

// resource writes a resource of the project's.
func (w *terraform) resource(kind, label string, pairs ...hcl.Pair) hcl.Body {
	return w.Top("resource", []string{kind, label}, append([]hcl.Pair{{Name: "project", Value: hcl.Ref("var", "project")}}, pairs...)...)
}

// serviceAccount writes a service account.
func (w *terraform) serviceAccount(name, what string) {
	w.resource("google_service_account", label(name),
		hcl.Pair{Name: "account_id", Value: w.physical(short(name, maxAccount))},
		hcl.Pair{Name: "display_name", Value: hcl.Text(hcl.Ref("var", "name"), ": "+what)})
}

// outputs writes what others want to know.
func (w *terraform) outputs() {
	var urls, names, accounts []hcl.Pair
	for _, f := range w.functions {
		if _, ok := f.Trigger.(model.HTTP); ok {
			urls = append(urls, hcl.Pair{Name: f.Name, Value: w.uri(f)})
		}
		names = append(names, hcl.Pair{Name: f.Name, Value: hcl.Ref(f.resource, f.label, "name")})
		accounts = append(accounts, hcl.Pair{Name: f.Name, Value: f.email()})
	}
	w.output("urls", "The URLs of the HTTP functions.", urls)
	w.output("functions", "The names of the functions.", names)
	w.output("service_accounts", "The accounts as which the functions run, to give them access to what they use.", accounts)
	w.output("topics", "The topics that feed the functions, to publish to.", w.topicIDs(w.listened()))
	messages, letters := w.held("id")
	w.output("sinks", "The topics that the functions send to, to subscribe to.", w.topicIDs(w.sent()))
	w.output("queues", "The subscriptions that hold what the functions send and none of them takes, to pull from.", messages)
	w.output("dead_letters", "The subscriptions that hold what the functions gave up.", letters)
	w.output("buckets", "The buckets that feed the functions, or that they use.", w.buckets())
	if w.channeled() {
		w.Top("output", []string{"channel"}, hcl.Pair{Name: "description", Value: "The Eventarc channel that feeds the functions, to publish to."}, hcl.Pair{Name: "value", Value: w.channelID()})
	}
}

// output writes an object, unless it has nothing.
func (w *terraform) output(name, description string, values []hcl.Pair) {
	if len(values) > 0 {
		w.Top("output", []string{name}, hcl.Pair{Name: "description", Value: description}, hcl.Pair{Name: "value", Value: values})
	}
}
