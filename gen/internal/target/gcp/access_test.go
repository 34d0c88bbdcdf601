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
	"roles/datastore.viewer":             "google_project_iam_member", // under a condition
	"roles/datastore.user":               "google_project_iam_member", // under a condition
	"roles/storage.objectViewer":         "google_storage_bucket_iam_member",
	"roles/storage.objectUser":           "google_storage_bucket_iam_member",
}

// whose are roles of uses that are no literals, but the application's own or what
// fngen.yaml says: TestCustomRoles and TestUseGrants know them.
var whose = []string{"google_project_iam_custom_role.documents.id", "google_project_iam_custom_role.objects.id", "each.value"}

// open are the functions of the golden files that say auth=public.
var open = []string{"articles", "home", "open", "price"}

// Every grant is one of those above, on one resource and to one member at
// least as narrow; everybody is a member of the public HTTP functions' alone,
// no authoritative policy takes away what others gave, and no function shares
// its account.
func TestAccess(t *testing.T) {
	for name, file := range goldens(t) {
		if strings.Contains(name, "operated") { // whose grants are the operator's: TestOperated
			continue
		}
		accounts := map[string]bool{}
		for _, block := range file.Blocks {
			if block.Type != "resource" {
				continue
			}
			kind, label, args := block.Labels[0], block.Labels[1], block.Body.Attributes
			if strings.Contains(kind, "_iam_") && kind != "google_project_iam_custom_role" {
				if label == "build" { // whose roles TestBuildAccount knows
					continue
				}
				role := text(t, name, args["role"])
				ofUse := strings.Contains(label, "-")
				if !ofUse || !slices.Contains(whose, role) {
					role = literal(t, args["role"])
				}
				if ofUse && kind == "google_project_iam_member" && (len(block.Body.Blocks) != 1 || !strings.HasPrefix(literalText(t, name, block.Body.Blocks[0]), `"resource.name == \"projects/${var.project}/databases/`)) {
					t.Errorf("%s: %s is not on a database alone", name, label)
				}
				if !slices.Contains(strings.Fields(grants[role]), kind) && !slices.Contains(whose, role) {
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

// literalText returns the expression of a condition as it is written.
func literalText(t *testing.T, name string, condition *hclsyntax.Block) string {
	t.Helper()
	return text(t, name, condition.Body.Attributes["expression"])
}

// text returns the argument's expression as it is written.
func text(t *testing.T, name string, a *hclsyntax.Attribute) string {
	t.Helper()
	return string(a.Expr.Range().SliceBytes([]byte(source(t, name))))
}
