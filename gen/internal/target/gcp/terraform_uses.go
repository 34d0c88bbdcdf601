package gcp

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/hcl"
	"github.com/fngen/fngen/gen/internal/model"
)

// An access is what functions may do with what they use.
type access string

const (
	reads  access = "reads"
	writes access = "writes"
	uses   access = "uses" // both
)

func accessOf(u model.Use) access {
	switch {
	case u.Read && u.Write:
		return uses
	case u.Write:
		return writes
	}
	return reads
}

// A grant is one access of a function to a bucket, or to a database: those to its
// collections are one, since Google grants no less.
type grant struct {
	kind model.UseKind
	on   string // the logical name of the bucket, or the ID of the database
	access
}

// roles are those that Google has for an access. Who only writes gets a role of
// the application's own, with what is below.
var roles = map[model.UseKind]map[access]string{
	model.UseDocument: {reads: "roles/datastore.viewer", uses: "roles/datastore.user"},
	model.UseObject:   {reads: "roles/storage.objectViewer", uses: "roles/storage.objectUser"},
}

// writing are the permissions of those who only write: of documents by what
// documents:commit does, https://cloud.google.com/firestore/docs/security/iam; of
// objects what creates, replaces and deletes them, and what is asked before.
var writing = map[model.UseKind][]string{
	model.UseDocument: {"datastore.entities.create", "datastore.entities.delete", "datastore.entities.update"},
	model.UseObject:   {"storage.objects.create", "storage.objects.delete", "storage.objects.get"},
}

// label is what the grant's resource is called. It has dashes where no name of a
// label has any, so that no two grants have one.
func (g grant) label(f function) string {
	parts := []string{f.label, label(g.on), string(g.access)}
	if g.kind == model.UseDocument {
		parts[1] = "documents"
		if g.on != databaseKey.Default {
			parts[1] += "-" + label(g.on)
		}
	}
	return strings.Join(parts, "-")
}

// resource is the type of the grant's resource.
func (g grant) resource() string {
	if g.kind == model.UseDocument {
		return "google_project_iam_member"
	}
	return "google_storage_bucket_iam_member"
}

// grants returns the grants to what the function uses, sorted, and of each the
// prefixes that it is for; none for all.
func (t target) grantsOf(f model.Function) (sorted []grant, prefixes map[grant][]string) {
	prefixes = map[grant][]string{}
	for _, u := range f.Uses {
		if u.Kind != model.UseSecret { // which is among the variables
			g := t.grantTo(u, accessOf(u))
			prefixes[g] = append(prefixes[g], u.Prefix)
		}
	}
	for g, of := range prefixes {
		slices.Sort(of)
		if prefixes[g] = slices.Compact(of); of[0] == "" {
			prefixes[g] = nil
		}
	}
	return slices.SortedFunc(maps.Keys(prefixes), grant.compare), prefixes
}

// grantTo is the grant of an access to what is used.
func (t target) grantTo(u model.Use, a access) grant {
	if u.Kind == model.UseDocument {
		return grant{u.Kind, t.named(u.Name).database, a}
	}
	return grant{u.Kind, u.Name, a}
}

func (g grant) compare(other grant) int {
	return cmp.Or(cmp.Compare(g.kind, other.kind), cmp.Compare(g.on, other.on), cmp.Compare(g.access, other.access))
}

// mayUse lets the function use its services and no others: a grant for each
// access, which another use does not touch.
func (w *terraform) mayUse(f function) {
	sorted, prefixes := w.grantsOf(f.Function)
	for _, g := range sorted {
		role := any(roles[g.kind][g.access])
		if g.access == writes {
			role = hcl.Ref("google_project_iam_custom_role", string(g.kind)+"s", "id")
		}
		w.grant(g, f, prefixes[g], hcl.Pair{Name: "role", Value: role})
	}
	for _, on := range w.added(f.Function) {
		w.grant(on.grant, f, nil, hcl.Pair{Name: "for_each", Value: hcl.Call("toset", on.roles)}, hcl.Pair{Name: "role", Value: hcl.Ref("each", "value")})
	}
	for _, r := range f.rights {
		kind, label, arguments := r.given(f)
		w.permit(f, kind, label, append(arguments, hcl.Pair{Name: "role", Value: r.role})...)
	}
}

// An addition is what operators let a function do besides.
type addition struct {
	grant
	roles []string
}

// more is what operators add to an access.
const more access = "more"

// added returns what operators add to what the function uses. A role that it has
// already is not given twice, since who takes one away takes both.
func (t target) added(f model.Function) []addition {
	_, prefixes := t.grantsOf(f)
	has := func(g grant, role string) bool {
		for _, of := range []access{reads, uses} {
			if own, there := prefixes[grant{g.kind, g.on, of}]; there && own == nil && roles[g.kind][of] == role {
				return true
			}
		}
		return false
	}
	added := map[grant][]string{}
	for _, u := range f.Uses {
		g := t.grantTo(u, more)
		for _, role := range t.named(u.Name).roles {
			if u.Kind != model.UseSecret && !has(g, role) {
				added[g] = append(added[g], role)
			}
		}
	}
	var out []addition
	for _, g := range slices.SortedFunc(maps.Keys(added), grant.compare) {
		slices.Sort(added[g])
		out = append(out, addition{g, slices.Compact(added[g])})
	}
	return out
}

// grant writes a grant, under a condition where it is not for all of what IAM
// knows.
func (w *terraform) grant(g grant, f function, prefixes []string, role ...hcl.Pair) {
	if g.kind == model.UseObject {
		b := w.permit(f, g.resource(), g.label(f), append([]hcl.Pair{{Name: "bucket", Value: w.bucketName(g.on)}}, role...)...)
		if len(prefixes) > 0 {
			b.Block("condition", hcl.Pair{Name: "title", Value: "prefix"}, hcl.Pair{Name: "expression", Value: w.below(g, prefixes)})
		}
		return
	}
	// https://cloud.google.com/firestore/docs/manage-databases#configure_per-database_access_permissions
	w.permit(f, g.resource(), g.label(f), append([]hcl.Pair{{Name: "project", Value: hcl.Ref("var", "project")}}, role...)...).Block("condition",
		hcl.Pair{Name: "title", Value: "database"},
		hcl.Pair{Name: "expression", Value: hcl.Text(`resource.name == "projects/`, hcl.Ref("var", "project"), `/databases/`+g.on+`"`)})
}

// below is the condition that holds for objects with one of the prefixes, and for
// lists of them, in what grants reading. No prefix has a quote in it.
//
// https://cloud.google.com/iam/docs/conditions-attribute-reference
func (w *terraform) below(g grant, prefixes []string) hcl.Expr {
	var parts []any
	or := ""
	for _, prefix := range prefixes {
		parts = append(parts, or+`resource.name.startsWith("projects/_/buckets/`, w.bucketName(g.on), `/objects/`+prefix+`")`)
		or = " || "
		if g.access != writes {
			parts = append(parts, or+`api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("`+prefix+`")`)
		}
	}
	return hcl.Text(parts...)
}

// customRoles writes the roles of those who only write, if there are any.
func (w *terraform) customRoles() {
	for _, kind := range []model.UseKind{model.UseDocument, model.UseObject} {
		if !slices.ContainsFunc(w.functions, func(f function) bool {
			sorted, _ := w.grantsOf(f.Function)
			return slices.ContainsFunc(sorted, func(g grant) bool { return g.kind == kind && g.access == writes })
		}) {
			continue
		}
		w.Comment("Who writes " + string(kind) + "s and reads none has this role.")
		w.resource("google_project_iam_custom_role", string(kind)+"s",
			hcl.Pair{Name: "role_id", Value: hcl.Text(hcl.Call("replace", hcl.Ref("var", "name"), "-", "_"), "_"+string(kind)+"s_writer")},
			hcl.Pair{Name: "title", Value: hcl.Text(hcl.Ref("var", "name"), ": writes "+string(kind)+"s")},
			hcl.Pair{Name: "permissions", Value: writing[kind]})
	}
}

// places returns the variables by which the program finds what it uses, but for
// secrets.
func (w *terraform) places(f function) []hcl.Pair {
	var out []hcl.Pair
	for _, u := range f.Uses {
		switch u.Kind {
		case model.UseDocument:
			at := w.named(u.Name)
			collection := cmp.Or(at.name, u.Name)
			place := any(collection)
			if !u.AsName {
				place = hcl.Text("projects/", hcl.Ref("var", "project"), "/databases/"+at.database+"/documents/"+collection)
			}
			out = append(out, hcl.Pair{Name: u.Variable(), Value: place})
		case model.UseObject:
			out = append(out, hcl.Pair{Name: u.Variable(), Value: w.bucketName(u.Name)})
		}
	}
	slices.SortFunc(out, func(a, b hcl.Pair) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// usedSecrets returns the variables with the secrets that the function uses.
func usedSecrets(f model.Function) []model.Variable {
	var out []model.Variable
	for _, u := range f.Uses {
		if u.Kind == model.UseSecret {
			out = append(out, model.Variable{Name: u.Variable(), Value: u.Name, IsSecret: true})
		}
	}
	return out
}

// usesKind reports whether the function uses a service of the kind.
func usesKind(f model.Function, kind model.UseKind) bool {
	return slices.ContainsFunc(f.Uses, func(u model.Use) bool { return u.Kind == kind })
}
