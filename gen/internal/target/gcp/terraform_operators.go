package gcp

import (
	"maps"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// existingAccounts returns for each account that exists what the functions that run
// as it need together, as one function that has the account's label: a member of a
// policy that two of them had would go with the first.
func (w *terraform) existingAccounts() []function {
	all := map[string]function{}
	for _, f := range w.functions {
		if f.existing == "" {
			continue
		}
		a := all[f.existing]
		a.account = account{"account-" + strings.NewReplacer("@", "--", ".", "_").Replace(f.existing), f.existing}
		a.Uses = append(a.Uses, f.Uses...)
		a.Operation.Env = append(a.Operation.Env, f.Operation.Env...)
		a.publishes = unique(append(a.publishes, f.publishes...))
		a.rights = distinct(append(a.rights, f.rights...))
		all[f.existing] = a
	}
	return slices.SortedFunc(maps.Values(all), func(a, b function) int { return strings.Compare(a.existing, b.existing) })
}

// runsAs returns what has the grants that the function runs with: itself, or its
// account, if that exists.
func (w *terraform) runsAs(f function) function {
	if i := slices.IndexFunc(w.accounts, func(a function) bool { return a.existing == f.existing }); i >= 0 {
		return w.accounts[i]
	}
	return f
}

// encrypt writes the customer's key, if there is one.
func (w *terraform) encrypt(b hcl.Body, argument string) {
	if w.kms != "" {
		b.Set(hcl.Pair{Name: argument, Value: w.kms})
	}
}

// imageRepository writes where the images of the functions lie: a function with a
// customer's key has to have one of its own, with the same key.
//
// https://cloud.google.com/functions/docs/securing/cmek
func (w *terraform) imageRepository() {
	if w.kms == "" {
		return
	}
	w.Comment("The images of the functions, under the customer's key.")
	w.encrypt(w.resource("google_artifact_registry_repository", w.builder,
		hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "repository_id", Value: w.physical(w.builder)},
		hcl.Pair{Name: "format", Value: "DOCKER"}), "kms_key_name")
}

// agents are APIs whose service agents encrypt and decrypt, and those:
// https://cloud.google.com/iam/docs/service-agents.
var agents = [][2]string{
	{"artifactregistry", "gcp-sa-artifactregistry"}, {"cloudfunctions", "gcf-admin-robot"}, {"eventarc", "gcp-sa-eventarc"},
	{"pubsub", "gcp-sa-pubsub"}, {"run", "serverless-robot-prod"}, {"storage", "gs-project-accounts"},
}

// keyGrants returns the commands that let Google's services use the customer's key,
// which is another's than main.tf.
func (w *terraform) keyGrants(apis []string) [][]string {
	if w.kms == "" {
		return nil
	}
	var who []string
	for _, a := range agents {
		if slices.Contains(apis, a[0]) {
			who = append(who, a[1])
		}
	}
	commands := [][]string{{
		"for agent in " + strings.Join(who, " ") + "; do",
		"  gcloud kms keys add-iam-policy-binding " + w.kms + " \\",
		"    --role=roles/cloudkms.cryptoKeyEncrypterDecrypter \\",
		"    --member=\"serviceAccount:service-$(gcloud projects describe PROJECT --format='value(projectNumber)')@$agent.iam.gserviceaccount.com\"",
		"done"}}
	if w.has(func(t model.Trigger) bool { return routed(t) && !isOwnEvent(t) }) { // one channel carries those of the region
		commands = append(commands, []string{
			"gcloud eventarc google-channels update --project=PROJECT --location=" + strings.Split(w.kms, "/")[3] + " \\",
			"  --crypto-key=" + w.kms})
	}
	return commands
}

// egress is what goes through a network, as Google calls it.
var egress = map[string]string{"private": "PRIVATE_RANGES_ONLY", "all": "ALL_TRAFFIC"}

// reach writes the network that a service sends to, if there is one.
func (w *terraform) reach(template hcl.Body, v vpc) {
	if v == (vpc{}) {
		return
	}
	b := template.Block("vpc_access", hcl.Pair{Name: "egress", Value: egress[v.egress]})
	if v.connector != "" {
		b.Set(hcl.Pair{Name: "connector", Value: v.connector})
		return
	}
	to := b.Block("network_interfaces")
	if v.network != "" {
		to.Set(hcl.Pair{Name: "network", Value: v.network})
	}
	if v.subnetwork != "" {
		to.Set(hcl.Pair{Name: "subnetwork", Value: v.subnetwork})
	}
}

// alerts writes what tells of functions that fail, and of dead letters that lie.
//
// https://cloud.google.com/monitoring/api/metrics_gcp
func (w *terraform) alerts() {
	if w.notified == "" {
		return
	}
	w.Comment("What tells of functions that fail, and of dead letters that lie.")
	var services []hcl.Pair
	for _, f := range w.functions {
		services = append(services, hcl.Pair{Name: f.Identity(), Value: hcl.Ref(f.resource, f.label, "name")})
	}
	w.alert("errors", "fails", services, "ALIGN_DELTA",
		`resource.type = "cloud_run_revision" AND metric.type = "run.googleapis.com/request_count" AND metric.labels.response_code_class = "5xx" AND resource.labels.service_name`)
	if _, letters := w.held("name"); len(letters) > 0 {
		w.alert("dead_letters", "has dead letters", letters, "ALIGN_MAX",
			`resource.type = "pubsub_subscription" AND metric.type = "pubsub.googleapis.com/subscription/num_undelivered_messages" AND resource.labels.subscription_id`)
	}
}

// alert writes one for each of those that the filter, which ends in the label that
// has their names, is for: it is told when there is any within five minutes.
func (w *terraform) alert(label, what string, of []hcl.Pair, aligner, filter string) {
	b := w.Top("resource", []string{"google_monitoring_alert_policy", label},
		hcl.Pair{Name: "for_each", Value: of},
		hcl.Pair{Name: "project", Value: hcl.Ref("var", "project")},
		hcl.Pair{Name: "display_name", Value: hcl.Text(hcl.Ref("each", "value"), " "+what)},
		hcl.Pair{Name: "combiner", Value: "OR"},
		hcl.Pair{Name: "notification_channels", Value: []any{w.notified}})
	b.Block("conditions", hcl.Pair{Name: "display_name", Value: what}).Block("condition_threshold",
		hcl.Pair{Name: "filter", Value: hcl.Text(filter+` = "`, hcl.Ref("each", "value"), `"`)},
		hcl.Pair{Name: "comparison", Value: "COMPARISON_GT"},
		hcl.Pair{Name: "threshold_value", Value: 0},
		hcl.Pair{Name: "duration", Value: "0s"}).
		Block("aggregations",
			hcl.Pair{Name: "alignment_period", Value: "300s"},
			hcl.Pair{Name: "per_series_aligner", Value: aligner},
			hcl.Pair{Name: "cross_series_reducer", Value: "REDUCE_SUM"})
}
