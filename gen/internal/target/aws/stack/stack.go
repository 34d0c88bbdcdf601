// Package stack has the model of what a deployment on AWS consists of. Package
// aws builds it and looks at its limits, and each writer prints it in a language
// of its own.
package stack

import (
	"fmt"

	"github.com/fngen/fngen/gen/internal/output"
)

// A Stack is resources that are deployed together.
type Stack struct {
	Description string
	Region      string // in which alone it may be deployed; "" for any
	Resources   []Resource
	Outputs     []Output
}

// A Resource has CloudFormation's kind, AWS::SQS::Queue for instance, and
// CloudFormation's names of properties. Its ID is a promise: what is deployed is
// known by it, so that the ID of a resource that users have never changes.
//
// A value in Properties is an output.Mapping, an []output.Mapping, an []any, an
// []string or an []output.Text, a string, an output.Text, an int, a bool, an
// expression, or nil for a property that is not there. A text is what it is,
// whatever it holds; the writers see to that.
type Resource struct {
	ID, Kind   string
	About      string   // of what a reader finds it by; "" for nothing
	DependsOn  []string // ids, besides those that expressions name
	Retention  Retention
	Properties output.Mapping
}

// Retention is what becomes of a resource that its stack no longer has.
type Retention int

const (
	Deleted  Retention = iota
	Retained           // since it holds the user's data

	// RetainedOnceThere is for one whose name is its own. A stack whose first
	// deployment fails leaves none behind, which would be in the way of the next.
	RetainedOnceThere
)

// An Output is a value that the deployment shows under the ID, or with others of its
// kind under names, which are those of functions or in directives.
type Output struct {
	ID, Description string
	Of              string // urls, functions, roles, queues, topics, buckets or tables
	Names           []string
	Value           any // a text or an expression
}

// The expressions: values that are known when the stack is deployed.
type (
	// A Ref is what the resource of that ID is known by, which is CloudFormation's
	// Ref: the URL of a queue, the ARN of a topic, the name of most others.
	Ref string

	// An Attribute is one of a resource, as CloudFormation names it.
	Attribute struct{ ID, Name string }

	// A Parameter is a fact of the deployment.
	Parameter string

	// A Join is texts and expressions, one after another.
	Join []any

	// A Secret is the value that the secret of that name has when the stack is
	// deployed; that of a member, if the secret is a JSON object.
	Secret struct{ Name, Member string }

	// An Archive is the code of the function of that name.
	Archive string
)

const (
	AccountID Parameter = "AccountId"
	Partition Parameter = "Partition"
	Region    Parameter = "Region"
	StackName Parameter = "StackName"
	URLSuffix Parameter = "URLSuffix"
	Unique    Parameter = "Unique" // text that no other stack has, of hexadecimal digits
)

// Arn is the ARN of the resource.
func Arn(id string) Attribute { return Attribute{ID: id, Name: "Arn"} }

// Parts are what a text or an expression consists of, Joins taken apart: strings,
// of which none is empty and no two follow each other, and other expressions.
func Parts(v any) []any {
	var out []any
	switch v := v.(type) {
	case Ref, Attribute, Parameter, Secret, Archive:
		return []any{v}
	case Join:
		for _, element := range v {
			more := Parts(element)
			if n := len(out); n > 0 && len(more) > 0 {
				before, ok := out[n-1].(string)
				after, follows := more[0].(string)
				if ok && follows {
					out[n-1], more = before+after, more[1:]
				}
			}
			out = append(out, more...)
		}
	default:
		if text := fmt.Sprint(v); text != "" {
			return []any{text}
		}
	}
	return out
}
