package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/fngen/fngen/internal/testkit/cfn"
)

// A reading is a command that reads resources, and what it must print: members
// of a mapping, all elements of a list, in any order. <Id> and <Id.Attribute>
// stand for what the template's !Ref and !GetAtt have.
type reading struct {
	AWS string
	Has any
}

// readWith are the commands that must read each resource of a type. A resource
// that is a part of another is read with that one, its owner.
var readWith = map[string]struct{ owner, command string }{
	"AWS::DynamoDB::Table":           {"", "dynamodb describe-table --table-name"},
	"AWS::IAM::Role":                 {"", "iam get-role-policy --policy-name function --role-name"},
	"AWS::Scheduler::Schedule":       {"", "scheduler get-schedule --name"},
	"AWS::SNS::Subscription":         {"", "sns get-subscription-attributes --subscription-arn"},
	"AWS::SQS::Queue":                {"", "sqs get-queue-attributes --attribute-names All --queue-url"},
	"AWS::Lambda::Permission":        {"FunctionName", "lambda get-policy --function-name"},
	"AWS::Lambda::EventInvokeConfig": {"FunctionName", "lambda get-function-event-invoke-config --function-name"},
	"AWS::Lambda::Url":               {"TargetFunctionArn", "lambda get-function-url-config --function-name"},
	"AWS::S3::BucketPolicy":          {"Bucket", "s3api get-bucket-policy --bucket"},
	"AWS::SNS::TopicPolicy":          {"Topics", "sns get-topic-attributes --topic-arn"},
	"AWS::SQS::QueuePolicy":          {"Queues", "sqs get-queue-attributes --attribute-names All --queue-url"},
}

var placeholder = regexp.MustCompile(`<([A-Z][A-Za-z0-9]*)(?:\.([A-Za-z]+))?>`)

// check does the readings in the file, and demands that they know each resource
// of the template.
func (s *stack) check(file string) {
	s.t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		s.t.Fatal(err)
	}
	named := map[string]bool{}
	text := placeholder.ReplaceAllStringFunc(string(data), func(p string) string {
		m := placeholder.FindStringSubmatch(p)
		named[m[1]] = true
		value, err := s.value(cfn.Reference{ID: m[1], Attribute: m[2]})
		if err != nil {
			s.t.Errorf("%s: %s: %v", file, p, err)
		}
		return value
	})
	for _, id := range s.template.IDs("") {
		if err := s.isRead(id, string(data), named); err != nil {
			s.t.Errorf("%s: %v", file, err)
		}
	}
	var readings []reading
	if err := yaml.Unmarshal([]byte(text), &readings); err != nil {
		s.t.Fatalf("%s: %v", file, err)
	}
	slots := make(chan struct{}, 4)
	var all sync.WaitGroup
	for _, r := range readings {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if err := s.read(r); err != nil {
				s.t.Errorf("%s: aws %s: %v", file, r.AWS, err)
			}
		})
	}
	all.Wait()
}

// isRead reports whether the readings in the text, which name the resources of
// named, are enough for the resource.
func (s *stack) isRead(id, text string, named map[string]bool) error {
	resource := s.template.Resources[id]
	by, ok := readWith[resource.Type]
	if !ok {
		if !named[id] {
			return fmt.Errorf("nothing reads %s", id)
		}
		return nil
	}
	owner := id
	if by.owner != "" {
		owners, err := cfn.References(resource.Properties[by.owner])
		if err != nil || len(owners) != 1 {
			return fmt.Errorf("%s belongs to %v, %v", id, owners, err)
		}
		owner = owners[0].ID
	}
	if !regexp.MustCompile(regexp.QuoteMeta(by.command+" <"+owner+">") + `[,\n]`).MatchString(text) {
		return fmt.Errorf("no %s <%s> reads %s", by.command, owner, id)
	}
	return nil
}

func (s *stack) read(r reading) error {
	printed, err := s.client.Call(strings.Fields(r.AWS)...)
	if err != nil {
		return err
	}
	var got any
	if err := json.Unmarshal(printed, &got); err != nil {
		return fmt.Errorf("%v\n%s", err, printed)
	}
	if at, ok := holds(got, r.Has); !ok {
		return fmt.Errorf("%s\nprints\n%s", at, printed)
	}
	return nil
}

// holds reports whether got has all that is wanted, or says where it has not.
// A string in place of a mapping or a list holds it, as JSON or as Python writes
// it in some of moto's answers; both are YAML.
func holds(got, want any) (string, bool) {
	if text, ok := got.(string); ok && reflect.ValueOf(want).Kind() != reflect.String {
		if yaml.Unmarshal([]byte(text), &got) != nil {
			return fmt.Sprintf("%q, want %v", text, want), false
		}
	}
	switch want := want.(type) {
	case map[string]any:
		members, _ := got.(map[string]any)
		for key, value := range want {
			member, ok := members[key]
			if !ok && value != nil {
				return fmt.Sprintf("%s is not there, want %v", key, value), false
			}
			if at, ok := holds(member, value); !ok {
				return key + ": " + at, false
			}
		}
		return "", true
	case []any:
		elements, _ := got.([]any)
		return holdsAll(elements, want)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Sprintf("%v, want %v", got, want), false
	}
	return "", true
}

// holdsAll reports whether each element holds one of those wanted.
func holdsAll(got, want []any) (string, bool) {
	if len(got) != len(want) {
		return fmt.Sprintf("%d elements, want %d", len(got), len(want)), false
	}
	taken := make([]bool, len(got))
	for _, w := range want {
		found, last := false, ""
		for i, g := range got {
			at, ok := holds(g, w)
			if ok && !taken[i] {
				taken[i], found = true, true
				break
			}
			last = at
		}
		if !found {
			if len(want) > 1 {
				last = ""
			}
			return fmt.Sprintf("no element holds %v %s", w, last), false
		}
	}
	return "", true
}
