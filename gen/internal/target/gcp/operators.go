package gcp

import (
	"cmp"
	"go/token"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

const (
	projectPattern = `[a-z][a-z0-9-]{4,28}[a-z0-9]`
	namePattern    = `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`
	regionPattern  = `[a-z]+-[a-z]+[0-9]{1,2}`
)

var (
	accountKey = config.Key{Name: "service-account", Doc: "The account that exists and as which functions run; without one each has its own.",
		Grammar: callerKey.Grammar, Want: callerKey.Want}
	// https://cloud.google.com/kms/docs/resource-hierarchy
	kmsKey = config.Key{Name: "kms-key", Doc: "The key of Cloud KMS, in the functions' region, for everything that main.tf creates and that takes one.",
		Grammar: regexp.MustCompile(`^projects/` + projectPattern + `/locations/` + regionPattern + `/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}$`),
		Want:    "the name of a key in a region, projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY"}
	// https://cloud.google.com/monitoring/support/notification-options
	notifyKey = config.Key{Name: "notification-channel", Doc: "The channel of Cloud Monitoring that is told of functions that fail and of dead letters that lie.",
		Grammar: regexp.MustCompile(`^projects/` + projectPattern + `/notificationChannels/[0-9]{1,20}$`),
		Want:    "the name of a channel, projects/PROJECT/notificationChannels/NUMBER"}

	// https://cloud.google.com/run/docs/configuring/connecting-vpc
	networkKey = config.Key{Name: "network", Doc: "The network of functions with package: binary, without a connector.",
		Grammar: regexp.MustCompile(`^(projects/` + projectPattern + `/global/networks/)?` + namePattern + `$`), Want: "a name, or projects/PROJECT/global/networks/NAME"}
	subnetworkKey = config.Key{Name: "subnetwork", Doc: "The subnetwork of functions with package: binary, without a connector.",
		Grammar: regexp.MustCompile(`^(projects/` + projectPattern + `/regions/` + regionPattern + `/subnetworks/)?` + namePattern + `$`), Want: "a name, or projects/PROJECT/regions/REGION/subnetworks/NAME"}
	connectorKey = config.Key{Name: "connector", Doc: "The connector of Serverless VPC Access that exists, for either package.",
		Grammar: regexp.MustCompile(`^projects/` + projectPattern + `/locations/` + regionPattern + `/connectors/` + namePattern + `$`), Want: "the name of a connector, projects/PROJECT/locations/REGION/connectors/NAME"}
	egressKey = config.Key{Name: "egress", Doc: "What goes through the network: all, or what is for private addresses.", Default: "private", OneOf: []string{"private", "all"}}

	rightsKey = config.Key{Name: "roles", Doc: "IAM's roles that the account of the function has besides, each on one resource."}
	// https://cloud.google.com/iam/docs/roles-overview: only the basic roles have no dot
	roleKey = config.Key{Name: "role", Doc: "What the account may do there.",
		Grammar: regexp.MustCompile(`^(roles/[A-Za-z0-9]+(\.[A-Za-z0-9]+)+|(projects/` + projectPattern + `|organizations/[0-9]{1,19})/roles/[A-Za-z0-9._]{3,64})$`),
		Want:    "a role such as roles/pubsub.publisher or projects/PROJECT/roles/ROLE; roles/owner, editor, viewer and the like are wider than any function needs"}
	onKey = config.Key{Name: "on", Doc: "What the role is on.", Grammar: onGrammar(),
		Want: "the full name of a resource such as //pubsub.googleapis.com/projects/PROJECT/topics/TOPIC; docs/operations.md has the kinds that there are"}
)

// operated is what operators decide for a function.
type operated struct {
	account string // the e-mail of one that exists; "" for one of its own
	vpc     vpc
	rights  []right
	pos     token.Position // of the rights
}

// A vpc is the network that a function sends to; the zero one is none.
type vpc struct{ network, subnetwork, connector, egress string }

// A right is a role on the resource of that full name.
type right struct{ role, on string }

func readOperated(s *config.Settings, binary bool) operated {
	return operated{account: s.String(accountKey), vpc: readVPC(s, binary)}
}

func readVPC(s *config.Settings, binary bool) vpc {
	v := s.Section("vpc", "The network that functions send to.")
	out := vpc{network: v.String(networkKey), subnetwork: v.String(subnetworkKey), connector: v.String(connectorKey), egress: v.String(egressKey)}
	direct := v.Has("network") || v.Has("subnetwork")
	switch {
	case !s.Has("vpc"):
		return vpc{}
	case direct == v.Has("connector"):
		s.Refuse("config-value", "vpc", "has to name one way there; give either connector, or network, subnetwork or both")
	case direct && !binary:
		s.Refuse("config-value", "vpc", "names a network, and a Cloud Function has a connector alone in version 6.50 of hashicorp/google, the oldest that main.tf takes; give connector, or write package: binary")
	}
	return out
}

// readRights returns those in the list, none twice.
func readRights(s *config.Settings) []right {
	var out []right
	s.Each(rightsKey, func(s *config.Settings) {
		if r := (right{s.String(roleKey), s.String(onKey)}); r.role != "" && r.on != "" {
			out = append(out, r)
		}
		s.Need("role", "on")
	})
	return distinct(out)
}

// sharedRights warns of rights of the function that reach others, which run as the
// same account and do not have them.
func (t target) sharedRights(report *model.Report, f model.Function, functions []model.Function) {
	own := t.operatedOf(f.Name)
	if own.account == "" {
		return
	}
	var others []string
	for _, other := range functions {
		o := t.operatedOf(other.Name)
		if o.account == own.account && slices.ContainsFunc(own.rights, func(r right) bool { return !slices.Contains(o.rights, r) }) {
			others = append(others, other.Name)
		}
	}
	if len(others) > 0 {
		report.WarnIn("rights-shared", own.pos, "functions.%s.gcp.roles reach %s too, since all of them run as %s; give %s a service-account of its own",
			f.Name, strings.Join(others, ", "), own.account, f.Name)
	}
}

func distinct(rights []right) []right {
	slices.SortFunc(rights, func(a, b right) int { return cmp.Or(strings.Compare(a.on, b.on), strings.Compare(a.role, b.role)) })
	return slices.Compact(rights)
}

// operatedOf returns what operators decide for the function of the name: what is
// said of it wins over what is said of all.
func (t target) operatedOf(name string) operated {
	o := t.functions[name]
	o.account = cmp.Or(o.account, t.all.account)
	o.vpc = cmp.Or(o.vpc, t.all.vpc)
	return o
}

// resources are the full names of what roles are given on, and of each the resource
// that gives one, whose arguments are in braces:
// https://cloud.google.com/iam/docs/full-resource-names. A project is among them
// since there are services whose resources have no policies, Cloud SQL for one.
var resources = []struct{ kind, name string }{
	{"google_artifact_registry_repository_iam_member", "//artifactregistry.googleapis.com/projects/{project}/locations/{location}/repositories/{repository}"},
	{"google_bigquery_dataset_iam_member", "//bigquery.googleapis.com/projects/{project}/datasets/{dataset_id}"},
	{"google_bigquery_table_iam_member", "//bigquery.googleapis.com/projects/{project}/datasets/{dataset_id}/tables/{table_id}"},
	{"google_cloud_run_v2_service_iam_member", "//run.googleapis.com/projects/{project}/locations/{location}/services/{name}"},
	{"google_cloud_tasks_queue_iam_member", "//cloudtasks.googleapis.com/projects/{project}/locations/{location}/queues/{name}"},
	{"google_kms_crypto_key_iam_member", "//cloudkms.googleapis.com/(?P<crypto_key_id>projects/*/locations/*/keyRings/*/cryptoKeys/*)"},
	{"google_project_iam_member", "//cloudresourcemanager.googleapis.com/projects/{project}"},
	{"google_pubsub_subscription_iam_member", "//pubsub.googleapis.com/projects/{project}/subscriptions/{subscription}"},
	{"google_pubsub_topic_iam_member", "//pubsub.googleapis.com/projects/{project}/topics/{topic}"},
	{"google_secret_manager_regional_secret_iam_member", "//secretmanager.googleapis.com/projects/{project}/locations/{location}/secrets/{secret_id}"},
	{"google_secret_manager_secret_iam_member", "//secretmanager.googleapis.com/projects/{project}/secrets/{secret_id}"},
	{"google_service_account_iam_member", "//iam.googleapis.com/(?P<service_account_id>projects/*/serviceAccounts/*)"},
	{"google_spanner_database_iam_member", "//spanner.googleapis.com/projects/{project}/instances/{instance}/databases/{database}"},
	{"google_storage_bucket_iam_member", "//storage.googleapis.com/projects/_/buckets/{bucket}"},
}

const segment = `[A-Za-z0-9_.~%+@:-]+`

// pattern returns the regular expression of a full name, whose groups are the
// arguments.
func pattern(name string) string {
	return "^" + strings.NewReplacer(".", `\.`, "*", segment, "{", "(?P<", "}", ">"+segment+")").Replace(name) + "$"
}

func onGrammar() *regexp.Regexp {
	var all []string
	for _, r := range resources {
		all = append(all, pattern(r.name))
	}
	return regexp.MustCompile(regexp.MustCompile(`\?P<\w+>`).ReplaceAllString(strings.Join(all, "|"), "")) // JSON Schema has no such names
}

// given returns the type and the label of the resource that gives the function the
// right, and its arguments but for the role and the member. The label depends on
// nothing but the right, so that no other takes it away.
func (r right) given(f function) (kind, label string, arguments []hcl.Pair) {
	for _, of := range resources {
		grammar := regexp.MustCompile(pattern(of.name))
		if values := grammar.FindStringSubmatch(r.on); values != nil {
			for i, name := range grammar.SubexpNames()[1:] {
				arguments = append(arguments, hcl.Pair{Name: name, Value: values[i+1]})
			}
			return of.kind, f.label + "-" + hash(r.role+" "+r.on), arguments
		}
	}
	panic(r.on) // which the key's grammar refuses
}
