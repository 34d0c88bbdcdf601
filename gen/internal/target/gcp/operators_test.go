package gcp_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

// operatedYAML has every key with which operators decide, and a role on each kind of
// resource.
const operatedYAML = `targets:
  gcp:
    project: acme-shop
    region: europe-west1
    package: PACKAGE
    service-account: shared@acme-shop.iam.gserviceaccount.com
    vpc: {connector: projects/acme-shop/locations/europe-west1/connectors/shop, egress: all}
    kms-key: projects/acme-keys/locations/europe-west1/keyRings/shop/cryptoKeys/data
    notification-channel: projects/acme-shop/notificationChannels/42
functions:
  thumbnail:
    gcp:
      service-account: album@acme-shop.iam.gserviceaccount.com
      vpc: VPC
      roles:
        - {role: roles/artifactregistry.reader, on: //artifactregistry.googleapis.com/projects/acme-shop/locations/eu/repositories/models}
        - {role: roles/bigquery.dataEditor, on: //bigquery.googleapis.com/projects/acme-shop/datasets/orders}
        - {role: roles/bigquery.dataViewer, on: //bigquery.googleapis.com/projects/acme-shop/datasets/orders/tables/placed}
        - {role: roles/cloudkms.cryptoKeyDecrypter, on: //cloudkms.googleapis.com/projects/acme-keys/locations/global/keyRings/shop/cryptoKeys/tokens}
        - {role: roles/cloudsql.client, on: //cloudresourcemanager.googleapis.com/projects/acme-data}
        - {role: roles/cloudtasks.enqueuer, on: //cloudtasks.googleapis.com/projects/acme-shop/locations/europe-west1/queues/later}
        - {role: roles/iam.serviceAccountTokenCreator, on: //iam.googleapis.com/projects/acme-shop/serviceAccounts/album@acme-shop.iam.gserviceaccount.com}
        - {role: roles/pubsub.publisher, on: //pubsub.googleapis.com/projects/acme-audit/topics/audit}
        - {role: roles/pubsub.viewer, on: //pubsub.googleapis.com/projects/acme-audit/subscriptions/audit}
        - {role: roles/run.invoker, on: //run.googleapis.com/projects/acme-shop/locations/europe-west1/services/render}
        - {role: roles/secretmanager.secretAccessor, on: //secretmanager.googleapis.com/projects/acme-shop/secrets/license}
        - {role: roles/secretmanager.viewer, on: //secretmanager.googleapis.com/projects/acme-shop/locations/europe-west1/secrets/license}
        - {role: roles/spanner.databaseReader, on: //spanner.googleapis.com/projects/acme-shop/instances/eu/databases/shop}
        - {role: projects/acme-shop/roles/lister, on: //storage.googleapis.com/projects/_/buckets/acme-archive}
`

func operatedSettings(pkg string) string {
	network := "{connector: projects/acme-net/locations/europe-west1/connectors/album}"
	if pkg == "binary" {
		network = "{network: projects/acme-net/global/networks/main, subnetwork: projects/acme-net/regions/europe-west1/subnetworks/run}"
	}
	return strings.ReplaceAll(replaced(operatedYAML, pkg), "VPC", network)
}

// operatedApp is an application of which two functions run as one account, which may
// do what both need.
func operatedApp() model.App {
	app := using()
	app.Functions = append(app.Functions, model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}, Timeout: time.Minute,
		Sinks:     []model.Sink{{Kind: "topic", Name: "confirmed"}},
		Operation: model.Operation{Env: []model.Variable{{Name: "KEY", Value: "stripe-api", IsSecret: true}}}},
		model.Function{Name: "ledger", Trigger: model.Event{Type: "com.example.order.placed"}, Sinks: []model.Sink{{Kind: "topic", Name: "confirmed"}}})
	return app
}

// blocks returns those of main.tf, by the labels.
func blocks(t *testing.T, src []byte) map[string]*tfschema.Tree {
	t.Helper()
	out := map[string]*tfschema.Tree{}
	for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
		if len(b.Labels) == 0 {
			continue
		}
		name := strings.Join(b.Labels, ".")
		if out[name] != nil {
			t.Errorf("%s is there twice", name)
		}
		out[name] = b.Body
	}
	return out
}

// at returns an argument in the body, below the blocks, as it is written.
func at(src []byte, b *tfschema.Tree, path ...string) string {
	for ; b != nil && len(path) > 1; path = path[1:] {
		var below *tfschema.Tree
		for _, inner := range b.Blocks {
			if inner.Type == path[0] {
				below = inner.Body
			}
		}
		b = below
	}
	if b == nil || b.Attributes[path[0]] == nil {
		return ""
	}
	return string(b.Attributes[path[0]].Expr.Range().SliceBytes(src))
}

// Each key is in main.tf of both packages where it belongs, for all functions or for
// one, and of one that says another thing it is that.
func TestOperated(t *testing.T) {
	const (
		key      = `"projects/acme-keys/locations/europe-west1/keyRings/shop/cryptoKeys/data"`
		shared   = `"shared@acme-shop.iam.gserviceaccount.com"`
		album    = `"album@acme-shop.iam.gserviceaccount.com"`
		function = "google_cloudfunctions2_function."
		service  = "google_cloud_run_v2_service."
	)
	both := map[string]string{
		"google_pubsub_topic.orders_queue kms_key_name":                                                          key,
		"google_pubsub_topic.orders_dlq kms_key_name":                                                            key,
		"google_pubsub_topic.confirmed_topic kms_key_name":                                                       key,
		"google_storage_bucket.pictures_bucket encryption default_kms_key_name":                                  key,
		"google_eventarc_channel.events crypto_key_name":                                                         key,
		"google_monitoring_alert_policy.errors notification_channels":                                            `["projects/acme-shop/notificationChannels/42"]`,
		"google_monitoring_alert_policy.dead_letters notification_channels":                                      `["projects/acme-shop/notificationChannels/42"]`,
		"google_secret_manager_secret_iam_member.account-shared--acme-shop_iam_gserviceaccount_com member":       `"serviceAccount:shared@acme-shop.iam.gserviceaccount.com"`,
		"google_secret_manager_secret_iam_member.account-shared--acme-shop_iam_gserviceaccount_com for_each":     `toset(["stripe-api"])`,
		"google_storage_bucket_iam_member.account-album--acme-shop_iam_gserviceaccount_com-drafts-writes member": `"serviceAccount:album@acme-shop.iam.gserviceaccount.com"`,
	}
	for pkg, want := range map[string]map[string]string{
		"source": {
			function + "confirm kms_key_name":                                   key,
			function + "confirm build_config docker_repository":                 "google_artifact_registry_repository.build.id",
			"google_artifact_registry_repository.build kms_key_name":            key,
			"google_storage_bucket.source encryption default_kms_key_name":      key,
			function + "confirm service_config service_account_email":           shared,
			function + "thumbnail service_config service_account_email":         album,
			function + "confirm service_config vpc_connector":                   `"projects/acme-shop/locations/europe-west1/connectors/shop"`,
			function + "confirm service_config vpc_connector_egress_settings":   `"ALL_TRAFFIC"`,
			function + "thumbnail service_config vpc_connector":                 `"projects/acme-net/locations/europe-west1/connectors/album"`,
			function + "thumbnail service_config vpc_connector_egress_settings": `"PRIVATE_RANGES_ONLY"`,
		},
		"binary": {
			service + "confirm template encryption_key":                             key,
			service + "confirm template service_account":                            shared,
			service + "thumbnail template service_account":                          album,
			service + "confirm template vpc_access connector":                       `"projects/acme-shop/locations/europe-west1/connectors/shop"`,
			service + "confirm template vpc_access egress":                          `"ALL_TRAFFIC"`,
			service + "thumbnail template vpc_access egress":                        `"PRIVATE_RANGES_ONLY"`,
			service + "thumbnail template vpc_access network_interfaces network":    `"projects/acme-net/global/networks/main"`,
			service + "thumbnail template vpc_access network_interfaces subnetwork": `"projects/acme-net/regions/europe-west1/subnetworks/run"`,
		},
	} {
		src := mainTF(t, operatedSettings(pkg), operatedApp())
		of := blocks(t, src)
		for _, wants := range []map[string]string{both, want} {
			for path, value := range wants {
				steps := strings.Fields(path)
				if got := at(src, of[steps[0]], steps[1:]...); got != value {
					t.Errorf("%s: %s is %s, want %s", pkg, path, got, value)
				}
			}
		}
		for name := range of {
			if strings.HasPrefix(name, "google_service_account.") && name != "google_service_account.invoker" && name != "google_service_account.build" {
				t.Errorf("%s: there is %s, though a function's account exists", pkg, name)
			}
		}
		for _, head := range []string{
			"gcloud kms keys add-iam-policy-binding projects/acme-keys/locations/europe-west1/keyRings/shop/cryptoKeys/data \\",
			"gcloud eventarc google-channels update --project=PROJECT --location=europe-west1 \\", "monitoring.googleapis.com", "vpcaccess.googleapis.com",
			"--service=run.googleapis.com",
		} {
			if !strings.Contains(string(src), head) {
				t.Errorf("%s: the head has no %s", pkg, head)
			}
		}
	}
}

// What is said of one function is that one's: of the others, and of what they share,
// not a byte is another.
func TestOperatedAlone(t *testing.T) {
	for _, pkg := range []string{"source", "binary"} {
		settings := operatedSettings(pkg)
		all := "targets: {gcp: {project: acme-shop, region: europe-west1, package: " + pkg + "}}\n"
		before, after := mainTF(t, all, operatedApp()), mainTF(t, all+settings[strings.Index(settings, "functions:"):], operatedApp())
		was, is := blocks(t, before), blocks(t, after)
		for name := range is {
			if own := strings.Contains(name, "thumbnail") || strings.Contains(name, "account-album--"); was[name] == nil && !own {
				t.Errorf("%s: there is %s too", pkg, name)
			}
		}
		for name, b := range was {
			text := string(b.Range().SliceBytes(before))
			switch {
			case strings.Contains(name, "thumbnail") || name == "service_accounts":
			case is[name] == nil:
				t.Errorf("%s: there is no %s", pkg, name)
			case string(is[name].Range().SliceBytes(after)) != text:
				t.Errorf("%s: %s is another", pkg, name)
			}
		}
	}
}

// No right is given twice, since who takes one away takes both, whichever functions
// share an account, and each kind of resource has its own.
func TestRightsOnce(t *testing.T) {
	twice := strings.Replace(operatedSettings("source"), "functions:\n", `functions:
  confirm: {gcp: {roles: [&r {role: roles/pubsub.publisher, on: //pubsub.googleapis.com/projects/a-project/topics/audit}, {role: roles/pubsub.viewer, on: //pubsub.googleapis.com/projects/a-project/topics/audit}]}}
  ledger: {gcp: {roles: [*r, *r]}}
`, 1)
	src := mainTF(t, twice, operatedApp())
	seen, kinds, audited := map[string]bool{}, map[string]bool{}, 0
	for name, b := range blocks(t, src) {
		kind, _, _ := strings.Cut(name, ".")
		if !strings.Contains(kind, "_iam_member") {
			continue
		}
		right := kind
		for _, argument := range slices.Sorted(maps.Keys(b.Attributes)) {
			right += " " + at(src, b, argument)
		}
		if kinds[kind] = true; seen[right] {
			t.Errorf("%s is there twice", right)
		}
		if seen[right] = true; strings.Contains(right, `"a-project"`) {
			audited++
		}
	}
	if audited != 2 {
		t.Errorf("%d rights are given to what two functions run as, want 2", audited)
	}
	for _, kind := range strings.Fields("artifact_registry_repository bigquery_dataset bigquery_table cloud_run_v2_service cloud_tasks_queue kms_crypto_key project pubsub_subscription pubsub_topic secret_manager_regional_secret secret_manager_secret service_account spanner_database storage_bucket") {
		if !kinds["google_"+kind+"_iam_member"] {
			t.Errorf("no role is given on a %s", kind)
		}
	}
}

// A value that is not possible is refused where it stands.
func TestOperatedRefused(t *testing.T) {
	const account, name = "give the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com", "give the full name of a resource such as //pubsub.googleapis.com/projects/PROJECT/topics/TOPIC; docs/operations.md has the kinds that there are"
	for text, want := range map[string]string{
		"service-account: \"${var.name}\"":     `1:34: error: targets.gcp.service-account is "${var.name}"; ` + account,
		"service-account: [a]":                 "1:34: error: targets.gcp.service-account is not a string; quote it",
		"service-account: someone@example.com": `1:34: error: targets.gcp.service-account is "someone@example.com"; ` + account,
		"vpc: {}":                              "1:22: error: targets.gcp.vpc has to name one way there; give either connector, or network, subnetwork or both",
		"vpc: {connector: projects/acme-shop/locations/europe-west1/connectors/c, network: b}": "1:22: error: targets.gcp.vpc has to name one way there; give either connector, or network, subnetwork or both",
		"vpc: {network: main}": "1:22: error: targets.gcp.vpc names a network, and a Cloud Function has a connector alone in version 6.50 of hashicorp/google, the oldest that main.tf takes; give connector, or write package: binary",
		"vpc: {connector: projects/acme-shop/locations/europe-west1/connectors/c, egress: none}": `1:98: error: targets.gcp.vpc.egress is "none"; give one of private, all`,
		"vpc: {connector: \"c\\\"\"}": `1:34: error: targets.gcp.vpc.connector is "c\""; give the name of a connector, projects/PROJECT/locations/REGION/connectors/NAME`,
		"vpc: {connector: projects/acme-shop/locations/europe-west1/connectors/c, subnets: [a]}": `1:90: error: unknown key "subnets"; the keys of targets.gcp.vpc are connector, egress, network, subnetwork`,
		"package: binary, vpc: {network: \"a b\"}":                                               `1:49: error: targets.gcp.vpc.network is "a b"; give a name, or projects/PROJECT/global/networks/NAME`,
		"kms-key: my-key": `1:26: error: targets.gcp.kms-key is "my-key"; give the name of a key in a region, projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY`,
		"region: europe-west1, kms-key: projects/acme-keys/locations/europe-west4/keyRings/r/cryptoKeys/k": `1:48: error: targets.gcp.kms-key is a key of another region than europe-west1, and Google takes one of the same; give that`,
		"notification-channel: \"42\\n\"": `1:39: error: targets.gcp.notification-channel is "42\n"; give the name of a channel, projects/PROJECT/notificationChannels/NUMBER`,
		"roles: []":                       `1:17: error: unknown key "roles"`,
	} {
		refused(t, "targets: {gcp: {"+text+"}}", want)
	}
	for text, want := range map[string]string{
		"roles: []": "1:36: error: functions.confirm.gcp.roles is not a list; write [{key: value}]",
		"roles: [{role: roles/pubsub.publisher}]":                                                           "1:37: error: functions.confirm.gcp.roles[0] has no on; add it",
		"roles: [{role: roles/owner, on: //cloudresourcemanager.googleapis.com/projects/acme-shop}]":        `1:44: error: functions.confirm.gcp.roles[0].role is "roles/owner"; give a role such as roles/pubsub.publisher or projects/PROJECT/roles/ROLE; roles/owner, editor, viewer and the like are wider than any function needs`,
		"roles: [{role: roles/viewer, on: //cloudresourcemanager.googleapis.com/projects/acme-shop}]":       `1:44: error: functions.confirm.gcp.roles[0].role is "roles/viewer"; `,
		"roles: [{role: roles/pubsub.publisher, on: projects/acme-shop/topics/a}]":                          `1:72: error: functions.confirm.gcp.roles[0].on is "projects/acme-shop/topics/a"; ` + name,
		"roles: [{role: roles/pubsub.publisher, on: //pubsub.googleapis.com/projects/acme-shop/topics/*}]":  `1:72: error: functions.confirm.gcp.roles[0].on is "//pubsub.googleapis.com/projects/acme-shop/topics/*"; ` + name,
		"roles: [{role: roles/pubsub.publisher, on: \"//pubsub.googleapis.com/projects/a/topics/${b}\"}]":   `1:72: error: functions.confirm.gcp.roles[0].on is "//pubsub.googleapis.com/projects/a/topics/${b}"; ` + name,
		"roles: [{role: roles/pubsub.publisher, on: //pubsub.googleapis.com/projects/a/topics/b/topics/c}]": `1:72: error: functions.confirm.gcp.roles[0].on is `,
		"kms-key: projects/acme-keys/locations/europe-west4/keyRings/r/cryptoKeys/k":                        `1:29: error: unknown key "kms-key"; the keys of functions.confirm.gcp are `,
		"vpc: {network: main}": "1:34: error: functions.confirm.gcp.vpc names a network, and a Cloud Function has a connector alone",
	} {
		refused(t, "functions: {confirm: {gcp: {"+text+"}}}", want)
	}
}

func refused(t *testing.T, yaml, want string) {
	t.Helper()
	c := config.Parse([]byte(yaml), []string{"gcp"})
	gcp.New(c.Sections("gcp"))
	c.OperateAll()
	var got []string
	for _, d := range c.Diagnostics() {
		got = append(got, strings.TrimPrefix(d.String(), "fngen.yaml:"))
	}
	if len(got) != 1 || !strings.HasPrefix(got[0], want) {
		t.Errorf("%s: said %q, want %q", yaml, got, want)
	}
}
