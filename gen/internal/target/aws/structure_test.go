package aws_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// dependencies returns what each resource refers to or depends on.
func dependencies(t *testing.T, template cfn.Template) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, id := range template.IDs("") {
		r := template.Resources[id]
		references, err := cfn.References(r.Properties)
		if err != nil {
			t.Errorf("%s: %v", id, err)
		}
		for _, on := range r.DependsOn {
			references = append(references, cfn.Reference{ID: on})
		}
		for _, reference := range references {
			if reference.IsPseudo() {
				continue
			}
			if _, ok := template.Resources[reference.ID]; !ok {
				t.Errorf("%s refers to %s, which is not there", id, reference)
			}
			out[id] = append(out[id], reference.ID)
		}
	}
	return out
}

// Whatever a template refers to is in it, and no resource needs itself before
// it can be created.
func TestReferences(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		if cycle := cycle(dependencies(t, template)); cycle != nil {
			t.Errorf("%s: %s", g.name, strings.Join(cycle, " needs "))
		}
		for name, output := range template.Outputs {
			members := output.(map[string]any)
			if text, ok := members["Value"].(string); ok && strings.HasPrefix(text, "arn:") {
				continue // of what exists already
			}
			if reference := one(t, members["Value"]); template.Resources[reference.ID].Type == "" || members["Description"] == "" {
				t.Errorf("%s: the output %s is %v", g.name, name, output)
			}
		}
	}
}

// cycle returns a way from a resource to itself; nil if there is none.
func cycle(needs map[string][]string) []string {
	done := map[string]bool{}
	var visit func(way []string, id string) []string
	visit = func(way []string, id string) []string {
		if at := slices.Index(way, id); at >= 0 {
			return append(way[at:], id)
		}
		if done[id] {
			return nil
		}
		for _, next := range needs[id] {
			if found := visit(append(slices.Clone(way), id), next); found != nil {
				return found
			}
		}
		done[id] = true
		return nil
	}
	for _, id := range slices.Sorted(maps.Keys(needs)) {
		if found := visit(nil, id); found != nil {
			return found
		}
	}
	return nil
}

// A cycle is found, and a resource that two others need is none.
func TestCycle(t *testing.T) {
	if got := cycle(map[string][]string{"A": {"B", "C"}, "B": {"D"}, "C": {"D"}, "D": nil}); got != nil {
		t.Errorf("got %v, want none", got)
	}
	if got := cycle(map[string][]string{"A": {"B"}, "B": {"C"}, "C": {"B"}}); len(got) != 3 {
		t.Errorf("got %v, want B, C, B", got)
	}
}

// A function runs from its own archive, on the architecture that it is compiled
// for, and logs to a group with an end.
func TestFunctions(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		codes, groups := map[any]bool{}, map[string]bool{}
		for _, id := range template.IDs("AWS::Lambda::Function") {
			p := template.Resources[id].Properties
			code, _ := p["Code"].(string)
			if name, ok := strings.CutSuffix(strings.TrimPrefix(code, "./"), ".zip"); !ok || name == "" || strings.Contains(name, "/") || codes[code] {
				t.Errorf("%s: %s has the code %v", g.name, id, p["Code"])
			}
			codes[code] = true
			want := "arm64"
			if g.name == "api" {
				want = "x86_64" // by its fngen.yaml
			}
			if got := cfn.Strings(p["Architectures"]); !slices.Equal(got, []string{want}) || p["Runtime"] != "provided.al2023" || p["Handler"] != "bootstrap" {
				t.Errorf("%s: %s is for %v, %v, %v", g.name, id, got, p["Runtime"], p["Handler"])
			}
			if at(p, "LoggingConfig", "LogGroup") == "/teams/orders" {
				continue // which exists already
			}
			group := one(t, p["LoggingConfig"]).ID
			if days, _ := template.Resources[group].Properties["RetentionInDays"].(int); days < 1 || groups[group] {
				t.Errorf("%s: the log group %s of %s keeps logs for %d days, or is another's too", g.name, group, id, days)
			}
			groups[group] = true
			if seconds, _ := p["Timeout"].(int); seconds < 1 || seconds > 900 {
				t.Errorf("%s: %s has the timeout %v", g.name, id, p["Timeout"])
			}
		}
	}
}

// Every adapter of batches answers with the records that failed, and the
// mapping has Lambda read that answer: one without the other loses records or
// delivers all of them again. A queue feeds one function, since of two each
// would get a part of the messages.
func TestMappings(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		fed := map[string]string{} // by queue
		for _, id := range template.IDs("AWS::Lambda::EventSourceMapping") {
			p := template.Resources[id].Properties
			if got := cfn.Strings(p["FunctionResponseTypes"]); !slices.Equal(got, []string{"ReportBatchItemFailures"}) {
				t.Errorf("%s: %s has the response types %v", g.name, id, got)
			}
			if p["StartingPosition"] == nil {
				queue := fmt.Sprint(p["EventSourceArn"])
				if fed[queue] != "" {
					t.Errorf("%s: %s and %s are of the same queue", g.name, fed[queue], id)
				}
				fed[queue] = id
				continue // its redrive policy ends retries
			}
			retries, hasRetries := p["MaximumRetryAttempts"].(int)
			age, _ := p["MaximumRecordAgeInSeconds"].(int)
			if !hasRetries || retries < 0 || age < 60 || p["BisectBatchOnFunctionError"] != true {
				t.Errorf("%s: %s tries a record for ever: %v", g.name, id, p)
			}
		}
	}
}

// A message does not come again while it is handled, and what is given up is
// kept for as long as SQS can, in a queue of the same kind.
func TestQueues(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		number := func(id, property string) int {
			n, _ := template.Resources[id].Properties[property].(int)
			return n
		}
		for _, id := range template.IDs("AWS::Lambda::EventSourceMapping") {
			p := template.Resources[id].Properties
			references, err := cfn.References(p["EventSourceArn"])
			if err != nil || len(references) != 1 || template.Resources[references[0].ID].Type != "AWS::SQS::Queue" {
				continue // not a queue of the stack
			}
			queue, function := references[0].ID, one(t, p["FunctionName"]).ID
			if visible, timeout := number(queue, "VisibilityTimeout"), number(function, "Timeout"); visible < 6*timeout {
				t.Errorf("%s: messages of %s are hidden for %d s, the timeout of %s is %d s", g.name, queue, visible, function, timeout)
			}
		}
		for letters, of := range deadLetters(t, template) {
			kind := template.Resources[letters].Type
			if kind == "AWS::S3::Bucket" {
				continue
			}
			if kind != "AWS::SQS::Queue" || number(letters, "MessageRetentionPeriod") != 14*24*60*60 {
				t.Errorf("%s: %s, which keeps the dead letters of %v, is of the type %q and keeps them for %d s", g.name, letters, of, kind, number(letters, "MessageRetentionPeriod"))
			}
			for _, id := range of {
				if a, b := template.Resources[letters].Properties["FifoQueue"], template.Resources[id].Properties["FifoQueue"]; a != b {
					t.Errorf("%s: %s has FifoQueue %v, and %s, whose dead letters it keeps, %v", g.name, letters, a, id, b)
				}
			}
		}
	}
}

// deadLetters returns what keeps dead letters, and of which resources.
func deadLetters(t *testing.T, template cfn.Template) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, id := range template.IDs("") {
		for _, value := range letterArns(template.Resources[id].Properties) {
			references, err := cfn.References(value)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range references {
				if !r.IsPseudo() { // of an ARN of what exists already
					out[r.ID] = append(out[r.ID], id)
				}
			}
		}
	}
	return out
}

func letterArns(value any) []any {
	var out []any
	switch v := value.(type) {
	case []any:
		for _, element := range v {
			out = append(out, letterArns(element)...)
		}
	case map[string]any:
		for key, member := range v {
			switch key {
			case "deadLetterTargetArn", "DeadLetterConfig", "OnFailure":
				out = append(out, member)
			default:
				out = append(out, letterArns(member)...)
			}
		}
	}
	return out
}

// A queue has one policy, and so one resource that sets it: of two the later
// would take the other's place. Whoever may send to it does so for a source.
func TestQueuePolicies(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		set := map[string]string{}
		for _, id := range template.IDs("AWS::SQS::QueuePolicy") {
			p := template.Resources[id].Properties
			queues, _ := p["Queues"].([]any)
			for _, queue := range queues {
				queue := one(t, queue).ID
				if set[queue] != "" {
					t.Errorf("%s: %s and %s both set the policy of %s", g.name, set[queue], id, queue)
				}
				set[queue] = id
			}
			for at, document := range policies(p, id) {
				for _, s := range document["Statement"].([]any) {
					if isTLSOnly(s.(map[string]any)) {
						continue
					}
					if condition := s.(map[string]any)["Condition"]; !strings.Contains(fmt.Sprint(condition), "aws:SourceArn") {
						t.Errorf("%s: %s has the condition %v, want the source's ARN", g.name, at, condition)
					}
				}
			}
		}
		// SNS and EventBridge have no role of their own, unlike SQS and Lambda.
		for letters, of := range deadLetters(t, template) {
			for _, id := range of {
				if kind := template.Resources[id].Type; (kind == "AWS::SNS::Subscription" || kind == "AWS::Events::Rule") && set[letters] == "" {
					t.Errorf("%s: nothing lets %s send its dead letters to %s", g.name, id, letters)
				}
			}
		}
	}
}

// holdsData reports whether resources of the type hold the user's data.
func holdsData(kind string) bool {
	return slices.Contains([]string{"AWS::DynamoDB::Table", "AWS::Kinesis::Stream", "AWS::S3::Bucket", "AWS::SQS::Queue"}, kind)
}

// What holds data of the user's outlives its stack; a bucket, whose name is its
// own, not one whose first deployment fails.
func TestRetained(t *testing.T) {
	for _, g := range goldens(t) {
		template := g.template(t)
		for _, id := range template.IDs("") {
			r := template.Resources[id]
			deletion, replacement := "", ""
			if holdsData(r.Type) {
				deletion, replacement = "Retain", "Retain"
			}
			if r.Type == "AWS::S3::Bucket" {
				deletion = "RetainExceptOnCreate"
			}
			if r.DeletionPolicy != deletion || r.UpdateReplacePolicy != replacement {
				t.Errorf("%s: %s has DeletionPolicy %q and UpdateReplacePolicy %q, want %q and %q", g.name, id, r.DeletionPolicy, r.UpdateReplacePolicy, deletion, replacement)
			}
		}
	}
}

// A bucket can be subscribed only by a function that it may call already.
func TestBucketsDependOnPermissions(t *testing.T) {
	found := 0
	for _, g := range goldens(t) {
		template := g.template(t)
		for _, id := range template.IDs("AWS::S3::Bucket") {
			bucket := template.Resources[id]
			references, err := cfn.References(bucket.Properties["NotificationConfiguration"])
			if err != nil {
				t.Fatal(err)
			}
			for _, function := range references {
				found++
				if !slices.ContainsFunc(bucket.DependsOn, func(on string) bool {
					p := template.Resources[on]
					return p.Type == "AWS::Lambda::Permission" && p.Properties["Principal"] == "s3.amazonaws.com" && one(t, p.Properties["FunctionName"]).ID == function.ID
				}) {
					t.Errorf("%s: %s does not depend on the permission to call %s", g.name, id, function.ID)
				}
			}
		}
	}
	if found < 3 {
		t.Errorf("%d notifications, want those of both applications", found)
	}
}
