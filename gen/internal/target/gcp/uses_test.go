package gcp_test

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit/tfschema"
)

const usingYAML = `targets:
  gcp: {project: acme-shop, region: europe-west1, package: PACKAGE}
resources:
  archive: {gcp: {name: acme-archive, roles: [roles/storage.legacyBucketReader]}}
  people: {gcp: {name: persons, database: directory}}
  orders: {gcp: {roles: [roles/datastore.viewer, projects/acme-shop/roles/indexer]}}
`

// using is an application that uses services of each kind, its own and those
// that are there, with each right.
func using() model.App {
	shop := []model.Use{
		{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true},
		{Param: "orders", Kind: model.UseDocument, Name: "orders", Read: true, Write: true},
		{Param: "log", Kind: model.UseDocument, Name: "log", Write: true},
		{Param: "table", Kind: model.UseDocument, Name: "orders", Read: true, Write: true, AsName: true},
		{Param: "people", Kind: model.UseDocument, Name: "people", Read: true},
		{Param: "key", Kind: model.UseSecret, Name: "stripe-api", Read: true},
	}
	album := []model.Use{
		{Param: "in", Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"},
		{Param: "more", Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "also(1)/"},
		{Param: "out", Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "out/"},
		{Param: "archive", Kind: model.UseObject, Name: "archive", Read: true, Write: true},
		{Param: "drafts", Kind: model.UseObject, Name: "drafts", Write: true},
	}
	return model.App{Path: "example.com/shop", Functions: []model.Function{
		model.Function{Name: "greet", Trigger: model.Document{Collection: "users", Created: true, Updated: true, Deleted: true}}.Using(shop[:1]...),
		model.Function{Name: "order", Trigger: model.HTTP{Path: "/orders"}}.Using(shop...),
		model.Function{Name: "thumbnail", Trigger: model.Object{Bucket: "pictures", Created: true, Prefix: "in/"}}.Using(album...),
	}}
}

// evaluate is for what grants to uses have in them: the references that they
// make are names of themselves.
func evaluate(t *testing.T, file *hclsyntax.Body) *hcl.EvalContext {
	t.Helper()
	names := map[string]cty.Value{}
	for _, b := range file.Blocks {
		if b.Type == "resource" && b.Labels[0] == "google_storage_bucket" {
			names[b.Labels[1]] = cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(b.Labels[1])})
		}
	}
	return &hcl.EvalContext{
		Functions: map[string]function.Function{"replace": stdlib.ReplaceFunc},
		Variables: map[string]cty.Value{
			"var":                   cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal("my-shop"), "project": cty.StringVal("acme-shop"), "region": cty.StringVal("europe-west1")}),
			"google_storage_bucket": cty.ObjectVal(names),
		},
	}
}

// A granted is a grant as main.tf has it.
type granted struct {
	bucket, role, condition string
}

// grantsIn returns the grants of buckets and databases to functions, by the
// labels.
func grantsIn(t *testing.T, src []byte) map[string]granted {
	t.Helper()
	file := tfschema.Parse(t, "main.tf", src)
	scope := evaluate(t, file)
	str := func(a *hclsyntax.Attribute) string {
		if a == nil {
			return ""
		}
		if v, diags := a.Expr.Value(scope); !diags.HasErrors() {
			return v.AsString()
		}
		return string(a.Expr.Range().SliceBytes(src))
	}
	out := map[string]granted{}
	for _, b := range file.Blocks {
		if b.Type != "resource" || !slices.Contains([]string{"google_storage_bucket_iam_member", "google_project_iam_member"}, b.Labels[0]) || !strings.Contains(b.Labels[1], "-") {
			continue
		}
		if _, twice := out[b.Labels[1]]; twice {
			t.Errorf("%s is there twice", b.Labels[1])
		}
		function, _, _ := strings.Cut(b.Labels[1], "-")
		if got := str(b.Body.Attributes["member"]); got != "google_service_account."+function+".member" {
			t.Errorf("%s is given to %s", b.Labels[1], got)
		}
		g := granted{str(b.Body.Attributes["bucket"]), str(b.Body.Attributes["role"]), ""}
		if list := b.Body.Attributes["for_each"]; list != nil {
			g.role += " " + string(list.Expr.Range().SliceBytes(src))
		}
		for _, inner := range b.Body.Blocks {
			g.condition = str(inner.Body.Attributes["expression"])
		}
		out[b.Labels[1]] = g
	}
	return out
}

// Each right is one grant, of Google's role for it or of one of the
// application's own, on the bucket and below the prefixes, or on the database,
// which is what Google can grant.
func TestUseGrants(t *testing.T) {
	const below = `resource.name.startsWith("projects/_/buckets/pictures_bucket/objects/`
	const listed = `api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("`
	want := map[string]granted{
		"greet-documents-uses":            {"", "roles/datastore.user", `resource.name == "projects/acme-shop/databases/(default)"`},
		"order-documents-uses":            {"", "roles/datastore.user", `resource.name == "projects/acme-shop/databases/(default)"`},
		"order-documents-writes":          {"", "google_project_iam_custom_role.documents.id", `resource.name == "projects/acme-shop/databases/(default)"`},
		"order-documents-directory-reads": {"", "roles/datastore.viewer", `resource.name == "projects/acme-shop/databases/directory"`},
		"order-documents-more":            {"", `each.value toset(["projects/acme-shop/roles/indexer", "roles/datastore.viewer"])`, `resource.name == "projects/acme-shop/databases/(default)"`},
		"thumbnail-pictures-reads":        {"pictures_bucket", "roles/storage.objectViewer", below + `also(1)/") || ` + listed + `also(1)/") || ` + below + `in/") || ` + listed + `in/")`},
		"thumbnail-pictures-writes":       {"pictures_bucket", "google_project_iam_custom_role.objects.id", below + `out/")`},
		"thumbnail-archive-uses":          {"acme-archive", "roles/storage.objectUser", ""},
		"thumbnail-archive-more":          {"acme-archive", `each.value toset(["roles/storage.legacyBucketReader"])`, ""},
		"thumbnail-drafts-writes":         {"drafts_bucket", "google_project_iam_custom_role.objects.id", ""},
	}
	for _, pkg := range []string{"source", "binary"} {
		src := mainTF(t, replaced(usingYAML, pkg), using())
		if diff := cmp.Diff(want, grantsIn(t, src), cmp.AllowUnexported(granted{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", pkg, diff)
		}
		var depends []string
		for _, b := range tfschema.Parse(t, "main.tf", src).Blocks {
			if b.Type == "resource" && (b.Labels[0] == "google_cloudfunctions2_function" || b.Labels[0] == "google_cloud_run_v2_service") {
				depends = append(depends, string(b.Body.Attributes["depends_on"].Expr.Range().SliceBytes(src)))
			}
		}
		for label := range want {
			if !strings.Contains(strings.Join(depends, "\n"), "iam_member."+label) {
				t.Errorf("%s: no function waits for %s", pkg, label)
			}
		}
	}
}

// Who only writes has a role of the application's own, with no permission that
// nothing needs, and another of the same name in the project if the application
// is there twice.
func TestCustomRoles(t *testing.T) {
	file := tfschema.Parse(t, "main.tf", mainTF(t, replaced(usingYAML, "source"), using()))
	want := map[string][]string{
		"my_shop_documents_writer": {"datastore.entities.create", "datastore.entities.delete", "datastore.entities.update"},
		"my_shop_objects_writer":   {"storage.objects.create", "storage.objects.delete", "storage.objects.get"},
	}
	got := map[string][]string{}
	for _, b := range file.Blocks {
		if b.Type != "resource" || b.Labels[0] != "google_project_iam_custom_role" {
			continue
		}
		id, diags := b.Body.Attributes["role_id"].Expr.Value(evaluate(t, file))
		if diags.HasErrors() || !regexp.MustCompile(`^[A-Za-z0-9_.]{3,64}$`).MatchString(id.AsString()) { // https://cloud.google.com/iam/docs/creating-custom-roles
			t.Errorf("the role is called %v, %v", id, diags)
		}
		permissions, diags := b.Body.Attributes["permissions"].Expr.Value(nil)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		for _, p := range permissions.AsValueSlice() {
			got[id.AsString()] = append(got[id.AsString()], p.AsString())
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	none := mainTF(t, "", model.App{Path: "example.com/shop", Functions: using().Functions[:1]})
	if strings.Contains(string(none), "custom_role") {
		t.Error("there is a role that nobody needs")
	}
}

// The function finds what it uses by its variables, a secret's value among them.
func TestUseVariables(t *testing.T) {
	for _, pkg := range []string{"source", "binary"} {
		src := string(mainTF(t, replaced(usingYAML, pkg), using()))
		for variable, want := range map[string]string{
			"FNGEN_USE_USERS":   `"projects/${var.project}/databases/(default)/documents/users"`,
			"FNGEN_USE_PEOPLE":  `"projects/${var.project}/databases/directory/documents/persons"`,
			"FNGEN_USE_TABLE":   `"orders"`,
			"FNGEN_USE_IN":      `google_storage_bucket.pictures_bucket.name`,
			"FNGEN_USE_ARCHIVE": `"acme-archive"`,
		} {
			pattern := variable + ` += ` + regexp.QuoteMeta(want)
			if pkg == "binary" {
				pattern = `name += "` + variable + `"\n +value = ` + regexp.QuoteMeta(want)
			}
			if !regexp.MustCompile(pattern).MatchString(src) {
				t.Errorf("%s: %s is not %s", pkg, variable, want)
			}
		}
		if !regexp.MustCompile(`(?s)"FNGEN_USE_KEY".{0,120}secret +=\s"stripe-api"`).MatchString(src) || !strings.Contains(src, `for_each  = toset(["stripe-api"])`) {
			t.Errorf("%s: the secret is not read, or may not be", pkg)
		}
	}
}

// A bucket that is used is created once and kept, and what is there already is
// not.
func TestUsedBuckets(t *testing.T) {
	resources := read(t, mainTF(t, replaced(usingYAML, "source"), using()))
	buckets := 0
	for address, d := range resources {
		if strings.HasPrefix(address, "google_storage_bucket.") {
			buckets++
			if d.kept != (address != "google_storage_bucket.source") {
				t.Errorf("%s is kept: %t", address, d.kept)
			}
		}
	}
	if buckets != 3 {
		t.Errorf("%d buckets", buckets)
	}
}

// Another use, or another order of them, leaves the grants of the others as they
// are, and no two functions and resources share a label.
func TestUseGrantsAreIndependent(t *testing.T) {
	uses := []model.Use{
		{Param: "users", Kind: model.UseDocument, Name: "users", Read: true},
		{Param: "log", Kind: model.UseDocument, Name: "log", Write: true},
		{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true},
		{Param: "drafts", Kind: model.UseObject, Name: "drafts", Write: true, Prefix: "a/"},
	}
	render := func(uses ...model.Use) map[string]granted {
		return grantsIn(t, mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{model.Function{Name: "a", Trigger: model.Queue{Name: "a"}}.Using(uses...)}}))
	}
	all := render(uses...)
	reversed := slices.Clone(uses)
	slices.Reverse(reversed)
	if diff := cmp.Diff(all, render(reversed...), cmp.AllowUnexported(granted{})); diff != "" || len(all) != len(uses) {
		t.Errorf("%d grants (-want +got):\n%s", len(all), diff)
	}
	for i, u := range uses {
		for label, g := range render(slices.Delete(slices.Clone(uses), i, i+1)...) {
			if g != all[label] {
				t.Errorf("%s is another without %s", label, u.Param)
			}
		}
	}

	var functions []model.Function
	names := []string{"a", "a-b", "a--b", "b", "b-c", "documents", "a-documents"}
	for _, name := range names {
		var of []model.Use
		for i, bucket := range names {
			of = append(of, model.Use{Param: fmt.Sprint("b", i), Kind: model.UseObject, Name: bucket, Read: true}, model.Use{Param: fmt.Sprint("d", i), Kind: model.UseDocument, Name: bucket, Read: true})
		}
		functions = append(functions, model.Function{Name: name, Trigger: model.Queue{Name: name}}.Using(of...))
	}
	addresses, blocks := map[string]bool{}, 0
	for _, b := range tfschema.Parse(t, "main.tf", mainTF(t, "", model.App{Path: "example.com/shop", Functions: functions})).Blocks {
		if b.Type == "resource" && strings.Contains(b.Labels[1], "-") {
			addresses[strings.Join(b.Labels, ".")] = true
			blocks++
		}
	}
	if want := len(names) * (len(names) + 1); blocks != want || len(addresses) != want {
		t.Errorf("%d grants have %d addresses, want %d", blocks, len(addresses), want)
	}
}

// The environment counts with the places of what is used, and a bucket that
// Google would not call so is refused where it is asked for.
func TestUseLimits(t *testing.T) {
	own := len("GOOGLE_CLOUD_PROJECT") + 30 + len("GOOGLE_CLOUD_REGION") + 25 + len("FNGEN_USE_PICTURES") + 30 + 1 + 10 + len("-pictures")
	for size, refused := range map[int]bool{32<<10 - own: false, 32<<10 - own + 1: true} {
		f := model.Function{Name: "api", Trigger: model.HTTP{Path: "/"}}.Using(model.Use{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true})
		f.Operation.Env = []model.Variable{{Name: "V", Value: strings.Repeat("x", size-1)}}
		if got := found(t, "{}", f); slices.Contains(got, "env-size") != refused {
			t.Errorf("%d bytes: %v", size, got)
		}
	}
	f := model.Function{Name: "api", Trigger: model.HTTP{Path: "/"}}.Using(model.Use{Param: "pictures", Kind: model.UseObject, Name: "my-google", Read: true})
	if got := found(t, "{}", f); !slices.Equal(got, []string{"resource-name"}) {
		t.Errorf("found %v", got)
	}
}

// IAM takes twelve operators in a condition: of seven prefixes that are read
// there are thirteen, and of thirteen that are only written twelve.
func TestPrefixLimit(t *testing.T) {
	for _, c := range []struct {
		prefixes    int
		read, write bool
		want        []string
	}{{6, true, false, nil}, {7, true, false, []string{"policy-size"}}, {6, true, true, nil}, {13, false, true, nil}, {14, false, true, []string{"policy-size"}}} {
		var of []model.Use
		for i := range c.prefixes {
			of = append(of, model.Use{Param: fmt.Sprint("p", i), Kind: model.UseObject, Name: "pictures", Read: c.read, Write: c.write, Prefix: fmt.Sprintf("p%d/", i)})
		}
		if got := found(t, "{}", model.Function{Name: "api", Trigger: model.HTTP{Path: "/"}}.Using(of...)); !slices.Equal(got, c.want) {
			t.Errorf("%+v: found %v", c, got)
		}
	}
}

// A role that the use has is not given once more, which would be one grant with
// two owners; below a prefix it is another.
func TestAddedOnce(t *testing.T) {
	yaml := "resources: {pictures: {gcp: {roles: [roles/storage.objectViewer, roles/storage.objectViewer]}}, users: {gcp: {roles: [roles/datastore.user]}}}"
	for _, c := range []struct {
		uses []model.Use
		want []string
	}{
		{[]model.Use{{Kind: model.UseObject, Name: "pictures", Read: true}}, []string{"a-pictures-reads"}},
		{[]model.Use{{Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"}}, []string{"a-pictures-more", "a-pictures-reads"}},
		{[]model.Use{{Kind: model.UseDocument, Name: "users", Read: true, Write: true}}, []string{"a-documents-uses"}},
		{[]model.Use{{Kind: model.UseDocument, Name: "users", Read: true}}, []string{"a-documents-more", "a-documents-reads"}},
	} {
		c.uses[0].Param = "it"
		got := grantsIn(t, mainTF(t, yaml, model.App{Path: "example.com/shop", Functions: []model.Function{model.Function{Name: "a", Trigger: model.HTTP{Path: "/"}}.Using(c.uses...)}}))
		if labels := slices.Sorted(maps.Keys(got)); !slices.Equal(labels, c.want) {
			t.Errorf("%+v: %v", c.uses, labels)
		}
		if more := got["a-pictures-more"].role; more != "" && more != `each.value toset(["roles/storage.objectViewer"])` {
			t.Errorf("%+v: added is %s", c.uses, more)
		}
	}
}
