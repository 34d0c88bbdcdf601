package aws

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// What the services take of a template, each with the page that says so.
const (
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
	maxPolicy = 8192 // bytes; of the 20 statements it has a few
	// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
	maxRole = 10_240 // characters that are no white space, of all policies in a role
	// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	maxEnvironment = 4096 // bytes, of the variables as JSON
	// https://docs.aws.amazon.com/lambda/latest/api/API_ScalingConfig.html
	minConcurrency, maxConcurrency = 2, 1000
	// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
	maxReaders = 2 // of a table's stream
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
	maxResources = 500
	maxOutputs   = 200
	maxTemplate  = 1 << 20 // bytes, of one that lies in S3
)

// packaging is how many bytes aws cloudformation package adds for a function at
// most: the names of the bucket and the object in the place of its archive's.
const packaging = 200

// limits returns what CloudFormation and the services refuse of the finished
// template, or do otherwise than one would think, each at what it is there for.
// What functions of CloudFormation have in the end counts as long as it can be.
func (b *builder) limits(size int) []model.Diagnostic {
	c := checker{builder: b, diagnostics: slices.Clone(b.found), kinds: map[string]string{}, readers: map[string]int{}}
	for _, r := range b.Resources {
		c.kinds[r.ID] = r.Kind
	}
	if !b.terraform {
		last := b.Resources[min(len(b.Resources), maxResources+1)-1]
		c.check(last, func(report *model.Report, _ cause, _ output.Mapping) { c.template(report, size) })
	}
	checks := map[string]func(*model.Report, cause, output.Mapping){
		"AWS::SQS::QueuePolicy": c.policy, "AWS::IAM::Role": c.role, "AWS::Lambda::Function": c.environment,
		"AWS::Lambda::EventSourceMapping": c.mapping, "AWS::SNS::Subscription": c.subscription,
	}
	for _, r := range b.Resources {
		_, ours := b.causes[r.ID] // but the patch's
		if check := checks[r.Kind]; ours && check != nil {
			c.check(r, check)
		}
	}
	return c.diagnostics
}

type checker struct {
	*builder
	kinds       map[string]string // of resources
	readers     map[string]int    // by the ARN of the stream
	diagnostics []model.Diagnostic
}

// check takes the findings of a check of the resource, at what it is there for.
func (c *checker) check(r stack.Resource, check func(*model.Report, cause, output.Mapping)) {
	cause := c.causes[r.ID]
	report := model.NewReport(c.Name(), cause.function)
	check(report, cause, r.Properties)
	for _, d := range report.Diagnostics {
		if c.patched != nil && !slices.Contains(c.unpatched, d) {
			d.Pos, d.Function, d.Target, d.Message = cmp.Or(c.patched[r.ID], c.patched[""]), "", "", "with the patch, "+d.Message
		}
		c.diagnostics = append(c.diagnostics, d)
	}
}

// template refuses one that is too large, at the function with which it is.
func (c *checker) template(report *model.Report, size int) {
	if len(c.Resources) > maxResources || len(c.Outputs) > maxOutputs {
		report.Errorf("application-size", "the application's template has %d resources and %d outputs, more than %d and %d, the limits of CloudFormation; split the application",
			len(c.Resources), len(c.Outputs), maxResources, maxOutputs)
	}
	if size += packaging * len(c.app.Functions); size > maxTemplate {
		report.Errorf("application-size", "the application's template has up to %d bytes once it is packaged, more than %d, the limit of CloudFormation; split the application", size, maxTemplate)
	}
}

func (c *checker) policy(report *model.Report, of cause, p output.Mapping) {
	if size := c.size(output.Find(p, "PolicyDocument")); size > maxPolicy {
		report.ErrorAt("policy-size", of.verb, "the policy of the queue that takes these dead letters has up to %d bytes, more than %d, the limit of SQS, since it names all that send there; give some functions another //fn:deadletter", size, maxPolicy)
	}
}

// role says what most of the policies in the role are there for.
func (c *checker) role(report *model.Report, of cause, p output.Mapping) {
	policies, _ := c.plain(output.Find(p, "Policies")).([]any)
	size, named := 0, map[string]int{}
	for _, one := range policies {
		policy, _ := one.(map[string]any)
		name, _ := policy["PolicyName"].(string)
		named[name] = c.size(policy["PolicyDocument"])
		size += named[name]
	}
	if size <= maxRole {
		return
	}
	f, at, what := of.function, of.verb, "sinks"
	switch {
	case named[operatorPolicy] > size/2:
		what = "statements in fngen.yaml"
	case len(f.Uses) > 0 && named[ownPolicy] < size/2:
		at, what = f.Uses[len(f.Uses)-1].Key(), "uses"
	case len(f.Sinks) > 0:
		at = "sink"
	}
	report.ErrorAt("policy-size", at, "the policies of the function's role have up to %d characters, more than %d, the limit of IAM, since they name all that its %s are; split the function, or its receiver", size, maxRole, what)
}

func (c *checker) environment(report *model.Report, of cause, p output.Mapping) {
	size := c.size(output.Find(p, "Environment", "Variables"))
	if size <= maxEnvironment {
		return
	}
	f := of.function
	at, longest := "sink", 0
	if len(f.Sinks) == 0 {
		at = "deadletter"
	}
	for _, v := range f.Operation.Env {
		if !v.IsSecret && len(v.Value) > longest {
			at, longest = model.KeyEnv+"."+v.Name, len(v.Value)
		}
	}
	report.ErrorAt("env-size", at, "the environment has up to %d bytes as JSON, with the addresses of sinks and dead letters, more than %d, the limit of Lambda; shorten it", size, maxEnvironment)
}

func (c *checker) mapping(report *model.Report, of cause, p output.Mapping) {
	f, o := of.function, of.function.Operation
	if n, ok := output.Find(p, "ScalingConfig", "MaximumConcurrency").(int); ok {
		reserved := concurrency(f)
		switch {
		case n > maxConcurrency:
			report.ErrorAt("instances-limit", model.KeyMaxInstances, "%d instances are above %d, the limit of what a queue feeds at once; lower the number, or remove it", n, maxConcurrency)
		case reserved == 0 || reserved == n && o.MaxInstances != 0:
		case reserved < n:
			at := model.KeyMaxInstances
			if o.MaxInstances == 0 {
				at = model.KeyReserved
			}
			report.WarnAt("instances-paired", at, "a queue feeds %d instances at once at least: what the only one throttles counts as a receive, and may lie among the dead letters without having been handled; give 2, or %s", minConcurrency, oneByOne(f))
		default:
			report.WarnAt("instances-paired", model.KeyReserved, "reserved-instances are a limit too, so that the queue feeds %d at once and no more: what is throttled would count as a receive; give max-instances: %d as well if that is meant", n, n)
		}
	}
	source := fmt.Sprint(output.Find(p, "EventSourceArn"))
	if _, ok := f.Trigger.(model.Document); ok {
		if c.readers[source]++; c.readers[source] > maxReaders {
			report.Warnf("table-readers", "%d functions read the stream of the table, and DynamoDB throttles more than %d; handle it in one function, which sends to a topic", c.readers[source], maxReaders)
		}
	}
}

// oneByOne says how messages are handled one after another.
func oneByOne(f model.Function) string {
	if deadLettersFIFO(f) {
		return "send all messages in one group"
	}
	return "make it a fifo queue whose messages are all of one group"
}

// A FIFO topic is one that exists already.
//
// https://docs.aws.amazon.com/sns/latest/dg/fifo-topic-message-delivery.html
func (c *checker) subscription(report *model.Report, _ cause, p output.Mapping) {
	if topic := c.longest(output.Find(p, "TopicArn")); strings.HasSuffix(topic, ".fifo") {
		report.Errorf("topic-fifo", "the topic %s is a FIFO topic, which SNS delivers to queues alone; subscribe a queue to it, and use //fn:queue with envelope: sns", topic[strings.LastIndex(topic, ":")+1:])
	}
}

// size is how many bytes the value has as JSON at most.
func (c *checker) size(value any) int {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c.plain(value)); err != nil {
		return 0 // what is plain can be encoded
	}
	return b.Len() - len("\n")
}

// plain is the value with the longest text that each function may have.
func (c *checker) plain(value any) any {
	switch v := value.(type) {
	case output.Mapping:
		out := map[string]any{}
		for _, m := range v {
			if m.Value != nil {
				out[m.Key] = c.plain(m.Value)
			}
		}
		return out
	case []output.Mapping:
		return each(c, v)
	case []any:
		return each(c, v)
	case string, output.Text, stack.Ref, stack.Attribute, stack.Parameter, stack.Join, stack.Secret:
		return c.longest(v)
	}
	return value
}

func each[T any](c *checker, list []T) []any {
	var out []any
	for _, element := range list {
		out = append(out, c.plain(element))
	}
	return out
}

// longest is the longest text that the value may be. That of a secret is not
// known, and is empty.
func (c *checker) longest(value any) string {
	text := ""
	for _, part := range stack.Parts(value) {
		switch part := part.(type) {
		case string:
			text += part
		case stack.Ref:
			text += c.attribute(string(part), "")
		case stack.Attribute:
			text += c.attribute(part.ID, part.Name)
		case stack.Parameter:
			if part == stack.Region && c.region != "" {
				text += c.region
				continue
			}
			text += parameters[part]
		}
	}
	return text
}

// parameters are the longest of all; of regions if any may be the stack's.
var parameters = map[stack.Parameter]string{stack.AccountID: "123456789012", stack.Partition: "aws-us-gov", stack.Region: "ap-southeast-1",
	stack.StackName: strings.Repeat("s", 128), stack.URLSuffix: "amazonaws.com.cn", stack.Unique: "0d0e9e202a51"}

// attribute is the longest that the resource's attribute has; what it is known by
// if the attribute is "".
func (c *checker) attribute(id, attribute string) string {
	// CloudFormation makes up names of the stack's, the logical id and chance.
	name := parameters[stack.StackName] + "-" + id + "-0123456789ABC"
	arn := func(service, resource string) string { return c.longest(regional(service, resource)) }
	switch kind := c.kinds[id]; {
	case kind == "AWS::SQS::Queue" && attribute == "":
		return c.longest(urlOfQueue(name[:80]))
	case kind == "AWS::SQS::Queue":
		return arn("sqs", name[:80])
	case kind == "AWS::SNS::Topic":
		return arn("sns", name)
	case kind == "AWS::Events::Rule":
		return arn("events", "rule/"+c.bus+"/"+name[:64])
	case kind == "":
		return "" // a parameter of the patch
	case attribute == "StreamArn":
		return arn("dynamodb", "table/"+name+"/stream/2026-01-01T00:00:00.000")
	case attribute != "Arn":
		return name
	case kind == "AWS::DynamoDB::Table":
		return arn("dynamodb", "table/"+name)
	case kind == "AWS::Kinesis::Stream":
		return arn("kinesis", "stream/"+name[:128])
	case kind == "AWS::Lambda::Function":
		return arn("lambda", "function:"+name[:64])
	case kind == "AWS::Logs::LogGroup":
		return arn("logs", "log-group:"+name+":*")
	case kind == "AWS::S3::Bucket":
		return c.longest(arnOfBucket(name[:63]))
	}
	return name
}
