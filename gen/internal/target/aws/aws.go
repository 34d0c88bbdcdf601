// Package aws generates functions for AWS Lambda.
package aws

import (
	"fmt"
	"go/token"
	"regexp"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws/cloudformation"
)

// Target generates for AWS Lambda: a binary for the runtime provided.al2023.
type Target struct {
	arch  string
	api   bool   // HTTP functions are behind one HTTP API
	apiID string // of one that exists already; "" for the stack's own
	base  string // what clients have in front of the paths; "" for nothing
	bus   string // "" for the account's default

	region string // in which alone the template may be deployed; "" for any

	terraform bool                 // in the place of CloudFormation
	state     string               // of Terraform; "" for none
	patch     cloudformation.Patch // over the template; without a Top for none
	stack     string               // "" for the application's name
	artifacts string               // the bucket of archives; "" for one that is made

	// What operators decide: for all, "" for nothing, and by function.
	rolePath, key, alarms string
	keyAt                 token.Position
	all                   operated
	functions             map[string]operated

	// By the name in directives.
	actions   map[string][]string       // that IAM permits besides those of the uses
	envelopes map[string]string         // of queues
	keys      map[string][]string       // of collections
	names     map[string]string         // of what exists already
	streams   map[string]string         // the ARNs of tables' streams
	urls      map[string]model.Variable // of http sinks
}

var (
	_ model.Target         = Target{}
	_ model.AppChecker     = Target{}
	_ model.BinaryPackager = Target{}
	_ model.Feeder         = Target{}
	_ model.RuntimeUser    = Target{}
)

// Name is aws.
func (Target) Name() string { return "aws" }

// Platform is Linux. The tag leaves out the runtime of go1.x, which ended.
func (t Target) Platform() model.Platform {
	return model.Platform{GOOS: "linux", GOARCH: t.arch, Tags: []string{"lambda.norpc"}}
}

// customRuntime is what runs a program of the user's:
// https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
const customRuntime = "provided.al2023"

// Runtimes is the one without a language.
func (Target) Runtimes() (ids []string, key string) { return []string{customRuntime}, "" }

// PackageBinary returns the bootstrap of a custom runtime.
func (Target) PackageBinary(f model.Function, binary []byte) ([]model.Archive, error) {
	return []model.Archive{{Path: f.Name + ".zip", Files: []model.File{{Path: "bootstrap", Data: binary, Executable: true}}}}, nil
}

var (
	archKey   = config.Key{Name: "arch", Doc: "Architecture of the functions.", Default: "arm64", OneOf: []string{"arm64", "amd64"}}
	regionKey = config.Key{Name: "region", Doc: "The only region in which the template may be deployed; any if it is not there.",
		Grammar: regexp.MustCompile(`^[a-z]{2,4}(-[a-z]+){1,3}-[0-9]$`), Want: "a region such as eu-west-1"}
	formKey  = config.Key{Name: "infrastructure", Doc: "What deploys the functions: a template of CloudFormation, or a module of Terraform.", Default: "cloudformation", OneOf: []string{"cloudformation", "terraform"}}
	frontKey = config.Key{Name: "http", Doc: "What is in front of HTTP functions: a URL of each, or one HTTP API.", Default: "url", OneOf: []string{"url", "api"}}
	patchKey = config.Key{Name: "patch", Doc: "A file of YAML or JSON that is laid over the template by JSON Merge Patch: null removes, and lists are replaced."}
	apiKey   = config.Key{Name: "api-id", Doc: "The id of an HTTP API that exists already, in the stack's account and region, and gets the routes.",
		Grammar: regexp.MustCompile(`^[a-z0-9]{1,64}$`), Want: "what aws apigatewayv2 get-apis shows as ApiId"}
	baseKey = config.Key{Name: "base-path", Doc: "What requests have in front of the paths in directives, the key of a base path mapping of a REST API or what a CDN or a load balancer routes by.",
		Grammar: regexp.MustCompile(`^(/[A-Za-z0-9$_+!*'(),-][A-Za-z0-9$_.+!*'(),-]*)+$`), Want: "a path such as /v1, a slash first and none at the end"}
	busKey = config.Key{Name: "bus", Doc: "The EventBridge bus whose events feed functions; the account's default bus if it is not there.",
		Grammar: regexp.MustCompile(`^[A-Za-z0-9._/-]{1,256}$`), Want: "the name of a bus"}

	envelopeKey   = config.Key{Name: "envelope", Doc: "The service whose envelope the messages of the queue lie in.", OneOf: []string{"sns", "eventbridge", "s3", "sns+s3"}}
	attributesKey = config.Key{Name: "keys", Doc: "The key attributes of the table, the partition key first; [_id] by default.", Valid: func(attribute string) error {
		if attribute == "" || len(attribute) > 255 {
			return fmt.Errorf("has the name of an attribute with %d bytes; give 1 to 255", len(attribute))
		}
		if strings.Contains(attribute, reference) {
			return fmt.Errorf("has an attribute with {{resolve: in its name, which CloudFormation takes for a reference; it cannot be deployed")
		}
		return nil
	}}
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
	actionsKey = config.Key{Name: "actions", Doc: "IAM's actions on a table or a bucket that functions with a use of it may do besides, with an SDK of their own.",
		Grammar: regexp.MustCompile(`^(dynamodb|s3):[A-Z][A-Za-z]{1,63}$`), Want: "an action without a wildcard, dynamodb:Query for instance"}
	urlKey  = config.Key{Name: "url", Doc: "The URL of an http sink."}
	nameKey = config.Key{Name: "name", Doc: "The physical name of a resource that exists already, in the stack's account and region.",
		Grammar: regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$`), Want: "the name without the ARN around it"}
	streamKey = config.Key{Name: "stream", Doc: "The ARN of the stream of a table that exists already.",
		Grammar: regexp.MustCompile(`^arn:[a-z-]+:dynamodb:[a-z0-9-]+:[0-9]{12}:table/[A-Za-z0-9._-]+/stream/[0-9T:.-]+$`),
		Want:    "what aws dynamodb describe-table shows as LatestStreamArn"}
)

// New returns the target as fngen.yaml has it.
func New(says config.Sections) Target {
	s := says.Target
	t := Target{
		arch: s.String(archKey), api: s.String(frontKey) == "api", apiID: s.String(apiKey), base: s.String(baseKey), bus: s.String(busKey), region: s.String(regionKey), terraform: s.String(formKey) == "terraform", state: s.String(stateKey), stack: s.String(stackKey), artifacts: s.String(artifactsKey),
		functions: map[string]operated{}, actions: map[string][]string{}, envelopes: map[string]string{}, keys: map[string][]string{}, names: map[string]string{}, streams: map[string]string{}, urls: map[string]model.Variable{},
	}
	if s.Has(stateKey.Name) && !t.terraform {
		s.Refuse("config-value", stateKey.Name, "is where the state of Terraform is, and a stack of CloudFormation has none; write infrastructure: terraform beside it, or remove it")
	}
	if s.Has(apiKey.Name) && !t.api {
		s.Refuse("config-value", apiKey.Name, "says which HTTP API gets the routes; write http: api beside it, or remove it")
	}
	t.readOperators(says)
	if t.patch.File, t.patch.Top = s.Document(patchKey); s.Has(patchKey.Name) && t.terraform {
		s.Refuse("config-value", patchKey.Name, "lies over a template of CloudFormation, which infrastructure: terraform has not; write what is different into dist/aws/NAME_override.tf, which builds leave as it is, and remove the key")
	}
	for logical, r := range says.Resources {
		t.actions[logical] = r.Strings(actionsKey)
		t.envelopes[logical] = r.String(envelopeKey)
		t.keys[logical] = r.Strings(attributesKey)
		t.names[logical] = r.String(nameKey)
		t.streams[logical] = r.String(streamKey)
		t.urls[logical] = r.Address(urlKey)
		if r.Has(streamKey.Name) && !r.Has(nameKey.Name) {
			r.Refuse("config-value", streamKey.Name, "belongs to a table that exists already; add its name, or remove it")
		}
		if len(t.keys[logical]) > 2 {
			r.Refuse("config-value", attributesKey.Name, "has %d attributes; a table has a partition key and perhaps a sort key", len(t.keys[logical]))
		}
	}
	return t
}
