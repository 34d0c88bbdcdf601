package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
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
)

// limits returns what CloudFormation and the services refuse of the finished
// template, or do otherwise than one would think, each at what it is there for.
// What functions of CloudFormation have in the end counts as long as it can be.
func (s *stack) limits(size int) []model.Diagnostic {
	c := checker{stack: s, kinds: map[string]string{}, readers: map[string]int{}}
	for _, r := range s.resources {
		c.kinds[r.Key] = kindOf(r)
	}
	c.template(size)
	for _, r := range s.resources {
		p := properties(r)
		switch c.kinds[r.Key] {
		case "AWS::SQS::QueuePolicy":
			c.policy(r.Key, p)
		case "AWS::IAM::Role":
			c.role(r.Key, p)
		case "AWS::Lambda::Function":
			c.environment(r.Key, p)
		case "AWS::Lambda::EventSourceMapping":
			c.mapping(r.Key, p)
		case "AWS::SNS::Subscription":
			c.subscription(r.Key, p)
		}
	}
	return c.diagnostics
}

type checker struct {
	*stack
	kinds       map[string]string // of resources
	readers     map[string]int    // by the ARN of the stream
	diagnostics []model.Diagnostic
}

// at is a report of what the resource is there for, whose findings are taken by
// done.
func (c *checker) at(id string) (report *model.Report, verb string, done func()) {
	cause := c.causes[id]
	report = model.NewReport(c.Name(), cause.function)
	return report, cause.verb, func() { c.diagnostics = append(c.diagnostics, report.Diagnostics...) }
}

func (c *checker) policy(id string, p output.Mapping) {
	document := member(p, "PolicyDocument")
	report, verb, done := c.at(id)
	defer done()
	if size := c.size(document); size > maxPolicy {
		report.ErrorAt("policy-size", verb, "the policy of the queue that takes these dead letters has up to %d bytes, more than %d, the limit of SQS, since it names all that send there; give some functions another //fn:deadletter", size, maxPolicy)
	}
}

// role says what most of the policies in the role are there for.
func (c *checker) role(id string, p output.Mapping) {
	policies, _ := member(p, "Policies").([]output.Mapping)
	size := 0
	for _, one := range policies {
		size += c.size(member(one, "PolicyDocument"))
	}
	if size <= maxRole {
		return
	}
	report, at, done := c.at(id)
	defer done()
	f := c.causes[id].function
	what := "sinks"
	switch {
	case len(policies) > 1 && c.size(member(policies[0], "PolicyDocument")) < size/2:
		at, what = f.Uses[len(f.Uses)-1].Key(), "uses"
	case len(f.Sinks) > 0:
		at = "sink"
	}
	report.ErrorAt("policy-size", at, "the policies of the function's role have up to %d characters, more than %d, the limit of IAM, since they name all that its %s are; split the function, or its receiver", size, maxRole, what)
}

func (c *checker) environment(id string, p output.Mapping) {
	variables, _ := member(member(p, "Environment"), "Variables").(output.Mapping)
	size := c.size(variables)
	if size <= maxEnvironment {
		return
	}
	report, _, done := c.at(id)
	defer done()
	f := c.causes[id].function
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

func (c *checker) mapping(id string, p output.Mapping) {
	report, _, done := c.at(id)
	defer done()
	o := c.causes[id].function.Operation
	if n, ok := member(member(p, "ScalingConfig"), "MaximumConcurrency").(int); ok {
		reserved := concurrency(c.causes[id].function)
		switch {
		case n > maxConcurrency:
			report.ErrorAt("instances-limit", model.KeyMaxInstances, "%d instances are above %d, the limit of what a queue feeds at once; lower the number, or remove it", n, maxConcurrency)
		case reserved == 0 || reserved == n && o.MaxInstances != 0:
		case reserved < n:
			at := model.KeyMaxInstances
			if o.MaxInstances == 0 {
				at = model.KeyReserved
			}
			report.WarnAt("instances-paired", at, "a queue feeds %d instances at once at least: what the only one throttles counts as a receive, and may lie among the dead letters without having been handled; give 2, or %s", minConcurrency, oneByOne(c.causes[id].function))
		default:
			report.WarnAt("instances-paired", model.KeyReserved, "reserved-instances are a limit too, so that the queue feeds %d at once and no more: what is throttled would count as a receive; give max-instances: %d as well if that is meant", n, n)
		}
	}
	source := fmt.Sprint(member(p, "EventSourceArn"))
	if _, ok := c.causes[id].function.Trigger.(model.Document); ok {
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
func (c *checker) subscription(id string, p output.Mapping) {
	if topic := c.longest(member(p, "TopicArn")); strings.HasSuffix(topic, ".fifo") {
		report, _, done := c.at(id)
		defer done()
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
	case string, output.Text, output.Tagged:
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

// longest is the text, or the longest that the function may have. The value of a
// secret is not known, and is empty.
func (c *checker) longest(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case output.Text:
		if strings.HasPrefix(string(v), reference) {
			return ""
		}
		return string(v)
	case output.Tagged:
		switch argument := v.Value.(type) {
		case string:
			if v.Tag != "!Sub" {
				return c.reference(argument)
			}
			return c.substituted(argument, nil)
		case []any:
			switch v.Tag {
			case "!Join":
				return strings.Join(c.texts(argument[1]), c.longest(argument[0]))
			case "!Select":
				return c.texts(argument[1])[argument[0].(int)]
			case "!Sub":
				return c.substituted(c.longest(argument[0]), argument[1])
			}
		}
	}
	return ""
}

// substituted is the text of !Sub with the longest of what it names, which is a
// variable of its own or a reference.
func (c *checker) substituted(text string, variables any) string {
	parts := strings.Split(text, "${")
	for i, part := range parts[1:] {
		id, rest, _ := strings.Cut(part, "}")
		if own := member(variables, id); own != nil {
			parts[i+1] = c.longest(own) + rest
		} else {
			parts[i+1] = c.reference(id) + rest
		}
	}
	return strings.Join(parts, "")
}

// texts is the list, or what !Split makes of a text.
func (c *checker) texts(value any) []string {
	var out []string
	switch v := value.(type) {
	case []output.Text:
		for _, text := range v {
			out = append(out, string(text))
		}
	case []any:
		for _, element := range v {
			out = append(out, c.longest(element))
		}
	case output.Tagged: // !Split
		argument := v.Value.([]any)
		out = strings.Split(c.longest(argument[1]), c.longest(argument[0]))
	}
	return out
}

// reference is the longest that the pseudo parameter or the resource, with its
// attribute, has.
func (c *checker) reference(to string) string {
	id, attribute, _ := strings.Cut(to, ".")
	region := c.region
	if region == "" {
		region = "ap-southeast-1"
	}
	pseudo := map[string]string{"AWS::AccountId": "123456789012", "AWS::Partition": "aws-us-gov", "AWS::Region": region,
		"AWS::StackName": strings.Repeat("s", 128), "AWS::URLSuffix": "amazonaws.com.cn"}
	pseudo["AWS::StackId"] = "arn:aws-us-gov:cloudformation:" + region + ":123456789012:stack/" + pseudo["AWS::StackName"] + "/0d0e9e20-2a51-11f0-9b4a-0a58a9feac02"
	if value, ok := pseudo[id]; ok {
		return value
	}
	// CloudFormation makes up names of the stack's, the logical id and chance.
	name := pseudo["AWS::StackName"] + "-" + id + "-0123456789ABC"
	arn := func(service, resource string) string {
		return "arn:" + pseudo["AWS::Partition"] + ":" + service + ":" + region + ":" + pseudo["AWS::AccountId"] + ":" + resource
	}
	switch kind := c.kinds[id]; {
	case kind == "AWS::SQS::Queue" && attribute == "":
		return "https://sqs." + region + "." + pseudo["AWS::URLSuffix"] + "/" + pseudo["AWS::AccountId"] + "/" + name[:80]
	case kind == "AWS::SQS::Queue":
		return arn("sqs", name[:80])
	case kind == "AWS::SNS::Topic":
		return arn("sns", name)
	case kind == "AWS::Events::Rule":
		return arn("events", "rule/"+c.bus+"/"+name[:64])
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
		return "arn:" + pseudo["AWS::Partition"] + ":s3:::" + name[:63]
	}
	return name
}

func kindOf(resource output.Member) string {
	kind, _ := member(resource.Value, "Type").(string)
	return kind
}

func properties(resource output.Member) output.Mapping {
	p, _ := member(resource.Value, "Properties").(output.Mapping)
	return p
}

// member is the member of the mapping with the key; nil if there is none.
func member(mapping any, key string) any {
	m, _ := mapping.(output.Mapping)
	if i := slices.IndexFunc(m, func(m output.Member) bool { return m.Key == key }); i >= 0 {
		return m[i].Value
	}
	return nil
}
