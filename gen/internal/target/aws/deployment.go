package aws

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
	"github.com/fngen/fngen/gen/internal/target/aws/terraform"
)

var (
	stackKey = config.Key{Name: "stack", Doc: "The stack that fngen deploy creates, by default the last part of the application's import path and, after a dash, the environment.",
		Grammar: regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,127}$`), Want: "the name of a stack, of letters, digits and -, at most 128 of them"}
	artifactsKey = config.Key{Name: "artifacts", Doc: "The bucket that fngen deploy puts archives into, in the stack's region; one of the account that it makes by default.",
		Grammar: regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`), Want: "the name of a bucket"}
	stateKey = config.Key{Name: "state", Doc: "Where fngen deploy keeps the state of Terraform, s3://BUCKET/KEY in a bucket that exists; with an environment after a slash.",
		Grammar: regexp.MustCompile(`^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)+$`), Want: "a bucket and a key in it, s3://acme-terraform/shop for instance"}
)

// A Deployment is what of the template a deployment has to know.
type Deployment struct {
	Stack     string
	Region    string            // "" for that of the environment
	Artifacts string            // the bucket; "" for none that is named
	Addresses map[string]string // by the logical id of an output that is the address of one or more functions, their names

	// Of main.tf, if that is what is deployed.
	Terraform bool
	State     string            // s3://BUCKET/KEY; "" for none
	Name      string            // that begins all names, unless the variable name says otherwise
	Provider  string            // the versions of hashicorp/aws that it takes
	Variables map[string]string // with their types
	Needed    []string          // of these, those without a default
}

// Deployment returns it for the environment, "" for none.
func (t Target) Deployment(app model.App, environment string) Deployment {
	d := Deployment{Stack: t.stackName(app), Region: t.region, Artifacts: t.artifacts, Addresses: map[string]string{}}
	if t.stack == "" && environment != "" {
		d.Stack += "-" + notInStack.ReplaceAllString(environment, "-")
	}
	d.Terraform, d.State, d.Name, d.Provider = t.terraform, t.state, terraform.DefaultName(d.Stack), terraform.ProviderVersions
	d.Variables = map[string]string{"name": "string", "archives": "string"}
	if t.artifacts == "" {
		d.Needed = []string{"archives"}
	}
	if slices.ContainsFunc(t.resources(app).Resources, func(r stack.Resource) bool { return r.Kind == "AWS::S3::Bucket" }) {
		d.Variables["bucket_suffix"] = "string"
	}
	for _, f := range app.Functions {
		if _, ok := f.Trigger.(model.HTTP); !ok {
			continue
		}
		id := of(f, "Url")
		if t.api {
			id = "Api"
		}
		d.Addresses[id] = strings.TrimPrefix(d.Addresses[id]+","+f.Name, ",")
	}
	return d
}

// LogGroup is the logical id of the function's log group. If it has one that exists
// already, that is its name, and the id is the function's own.
func (t Target) LogGroup(f model.Function) (id, existing string) {
	if name := t.operated(f).logGroup; name != "" {
		return of(f, "Function"), name
	}
	return of(f, "Logs"), ""
}

// Physical is the name of the function or the log group with the logical id, in what
// a main.tf of that name deploys.
func Physical(name, id string) string { return terraform.Named(name, id) }

// Holds reports whether a resource of main.tf holds what users have put there.
func Holds(kind, _ string) bool { return terraform.Holds(kind) }

var (
	notInStack = regexp.MustCompile(`[^A-Za-z0-9-]`)
	isMajor    = regexp.MustCompile(`^v[0-9]+$`)
)

// stackName is the name that fngen.yaml has for the application, or its own.
func (t Target) stackName(app model.App) string {
	if t.stack != "" {
		return t.stack
	}
	base := path.Base(app.Path)
	if parent := path.Base(path.Dir(app.Path)); isMajor.MatchString(base) && parent != "." {
		base = parent
	}
	name := notInStack.ReplaceAllString(base, "-")
	if !stackKey.Grammar.MatchString(name) {
		return "functions"
	}
	return name
}
