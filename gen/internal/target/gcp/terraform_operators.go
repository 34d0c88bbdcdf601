package gcp

import (
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// email returns that of the account as which the function runs.
func (f function) email() hcl.Expr {
	if f.account != "" {
		return hcl.Value(f.account)
	}
	return hcl.Ref("google_service_account", f.label, "email")
}

// member returns the same as a member of a policy.
func (f function) member() hcl.Expr {
	if f.account != "" {
		return hcl.Value("serviceAccount:" + f.account)
	}
	return hcl.Ref("google_service_account", f.label, "member")
}

// existingAccounts returns for each account that exists, sorted, what the functions
// that run as it need together, as one function that has the account's label: a
// member of a policy that two of them had would go with the first.
func (w *terraform) existingAccounts() []function {
	var accounts []string
	all := map[string]function{}
	for _, f := range w.functions {
		if f.account == "" {
			continue
		}
		a, there := all[f.account]
		if !there {
			accounts = append(accounts, f.account)
			a.label = "account-" + strings.NewReplacer("@", "--", ".", "_").Replace(f.account)
			a.account = f.account
		}
		a.Uses = append(a.Uses, f.Uses...)
		a.Operation.Env = append(a.Operation.Env, f.Operation.Env...)
		a.publishes = unique(append(a.publishes, f.publishes...))
		a.rights = sortedRights(append(a.rights, f.rights...))
		all[f.account] = a
	}
	slices.Sort(accounts)
	var out []function
	for _, account := range accounts {
		out = append(out, all[account])
	}
	return out
}

// runsAs returns what has the grants that the function runs with: itself, or its
// account, if that exists.
func (w *terraform) runsAs(f function) function {
	for _, a := range w.accounts {
		if a.account == f.account {
			return a
		}
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
	w.Comment("What is compiled lies here, under the key.")
	w.encrypt(w.resource("google_artifact_registry_repository", w.builder,
		hcl.Pair{Name: "location", Value: hcl.Ref("var", "region")},
		hcl.Pair{Name: "repository_id", Value: w.physical(w.builder)},
		hcl.Pair{Name: "format", Value: "DOCKER"}), "kms_key_name")
}

// agents are the service agents, by their API, that encrypt and decrypt:
// https://cloud.google.com/iam/docs/service-agents.
var agents = map[string]string{
	"artifactregistry": "gcp-sa-artifactregistry",
	"cloudfunctions":   "gcf-admin-robot",
	"eventarc":         "gcp-sa-eventarc",
	"pubsub":           "gcp-sa-pubsub",
	"run":              "serverless-robot-prod",
	"storage":          "gs-project-accounts",
}

// keyGrants returns the commands that let Google's services use the customer's key,
// which is another's than main.tf.
func (w *terraform) keyGrants(apis []string) [][]string {
	if w.kms == "" {
		return nil
	}
	var commands [][]string
	var who []string
	for _, api := range apis {
		if agent := agents[api]; agent != "" {
			who = append(who, agent)
		}
		if api == "storage" {
			commands = append(commands, []string{"gcloud storage service-agent --project=PROJECT"})
		}
	}
	commands = append(commands, []string{
		"for agent in " + strings.Join(who, " ") + "; do",
		"  gcloud kms keys add-iam-policy-binding " + w.kms + " \\",
		"    --role=roles/cloudkms.cryptoKeyEncrypterDecrypter \\",
		"    --member=\"serviceAccount:service-$(gcloud projects describe PROJECT --format='value(projectNumber)')@$agent.iam.gserviceaccount.com\"",
		"done"})
	if w.has(func(t model.Trigger) bool { return routed(t) && !isOwnEvent(t) }) { // the project's one for the region
		commands = append(commands, []string{
			"gcloud eventarc google-channels update --project=PROJECT --location=" + strings.Split(w.kms, "/")[3] + " \\",
			"  --crypto-key=" + w.kms})
	}
	return commands
}

// connector returns the connector's name in full.
func (w *terraform) connector(v vpc) hcl.Expr {
	if strings.Contains(v.connector, "/") {
		return hcl.Value(v.connector)
	}
	return hcl.Text("projects/", hcl.Ref("var", "project"), "/locations/", hcl.Ref("var", "region"), "/connectors/"+v.connector)
}

// settings is what goes through the network, as Google calls it.
func (v vpc) settings() string {
	if v.egress == "all" {
		return "ALL_TRAFFIC"
	}
	return "PRIVATE_RANGES_ONLY"
}

// reach writes the network that a service sends to, if there is one.
func (w *terraform) reach(template hcl.Body, v vpc) {
	if v == (vpc{}) {
		return
	}
	b := template.Block("vpc_access", hcl.Pair{Name: "egress", Value: v.settings()})
	if v.connector != "" {
		b.Set(hcl.Pair{Name: "connector", Value: w.connector(v)})
		return
	}
	to := b.Block("network_interfaces")
	for _, p := range []hcl.Pair{{Name: "network", Value: v.network}, {Name: "subnetwork", Value: v.subnetwork}} {
		if p.Value != "" {
			to.Set(p)
		}
	}
}

// alerts writes what tells of functions that fail, and of dead letters that lie.
//
// https://cloud.google.com/monitoring/api/metrics_gcp
func (w *terraform) alerts() {
	if w.notified == "" {
		return
	}
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
