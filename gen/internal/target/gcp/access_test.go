package gcp_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// grants are the roles that main.tf gives, and of which resource: nothing
// broader, and on the project only what cannot be given on less.
var grants = map[string]string{
	"roles/run.invoker":                  "google_cloud_run_v2_service_iam_member",
	"roles/secretmanager.secretAccessor": "google_secret_manager_secret_iam_member",
	"roles/pubsub.subscriber":            "google_pubsub_subscription_iam_member",
	"roles/pubsub.publisher":             "google_pubsub_topic_iam_member",
	"roles/eventarc.eventReceiver":       "google_project_iam_member",
}

// open are the functions of the golden files that say auth=public.
var open = []string{"articles", "home", "open", "price"}

// Every grant is one of those above, on one resource and to one member at
// least as narrow; everybody is a member of the public HTTP functions' alone,
// no authoritative policy takes away what others gave, and no function shares
// its account.
func TestAccess(t *testing.T) {
	for name, file := range goldens(t) {
		accounts := map[string]bool{}
		for _, block := range file.Blocks {
			if block.Type != "resource" {
				continue
			}
			kind, label, args := block.Labels[0], block.Labels[1], block.Body.Attributes
			if strings.Contains(kind, "_iam_") {
				if label == "build" { // whose roles TestBuildAccount knows
					continue
				}
				role := literal(t, args["role"])
				if !slices.Contains(strings.Fields(grants[role]), kind) {
					t.Errorf("%s: %s %s gives %s", name, kind, label, role)
				}
				function, public := strings.CutSuffix(label, "_public")
				public = public && slices.Contains(open, function) && role == "roles/run.invoker"
				if member := text(t, name, args["member"]); public && member != `"allUsers"` || !public && strings.Contains(member, "all") {
					t.Errorf("%s: %s %s is given to %s", name, kind, label, member)
				}
				if function, sends := strings.CutSuffix(label, "_sends"); sends && text(t, name, args["member"]) != "google_service_account."+function+".member" {
					t.Errorf("%s: %s is given to another", name, label)
				}
				if member := text(t, name, args["member"]); kind == "google_project_iam_member" && !strings.HasPrefix(member, "google_service_account.") {
					t.Errorf("%s: %s is given to %s, which another application in the project may live by", name, label, member)
				}
			}
			for _, attribute := range []string{"service_account", "service_account_email"} {
				for _, where := range block.Body.Blocks {
					if where.Type != "template" && where.Type != "service_config" || where.Body.Attributes[attribute] == nil {
						continue
					}
					account := text(t, name, where.Body.Attributes[attribute])
					if account != "google_service_account."+label+".email" || accounts[account] {
						t.Errorf("%s: %s runs as %s", name, label, account)
					}
					accounts[account] = true
				}
			}
		}
		if len(accounts) == 0 {
			t.Errorf("%s has no function", name)
		}
		for _, word := range []string{"_iam_binding", "_iam_policy", "roles/owner", "roles/editor", "admin"} {
			if strings.Contains(source(t, name), word) {
				t.Errorf("%s has %s", name, word)
			}
		}
	}
}

// literal returns the string that the argument is.
func literal(t *testing.T, a *hclsyntax.Attribute) string {
	t.Helper()
	if a == nil {
		t.Fatal("an argument is missing")
	}
	v, diags := a.Expr.Value(nil)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	return v.AsString()
}

// text returns the argument's expression as it is written.
func text(t *testing.T, name string, a *hclsyntax.Attribute) string {
	t.Helper()
	return string(a.Expr.Range().SliceBytes([]byte(source(t, name))))
}
