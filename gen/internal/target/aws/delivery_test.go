package aws_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// The numbers by which fngen delivers on a developer's machine are those of the
// template.
func TestDelivery(t *testing.T) {
	target := aws.New(config.Sections{Target: &config.Settings{}})
	seven := 7
	for _, f := range []model.Function{
		{Trigger: model.Queue{Name: "orders"}},
		{Trigger: model.Queue{Name: "orders", Batch: 50, Window: 9 * time.Second}, Timeout: time.Minute, Retries: &seven},
		{Trigger: model.Queue{Name: "orders", FIFO: true, Visibility: time.Hour}},
		{Trigger: model.Queue{Name: "orders"}, DeadLetter: "none"},
		{Trigger: model.Stream{Name: "clicks"}},
		{Trigger: model.Stream{Name: "clicks", Batch: 7, Concurrency: 3}, Retries: &seven},
		{Trigger: model.Document{Collection: "users", Created: true}},
		{Trigger: model.Topic{Name: "news"}},
		{Trigger: model.Topic{Name: "news"}, Retries: new(int), DeadLetter: "none"},
		{Trigger: model.Object{Bucket: "uploads", Created: true}},
		{Trigger: model.Event{Type: "com.example.placed"}},
		{Trigger: model.Schedule{Every: time.Hour}},
	} {
		f.Name = "handle"
		d := target.Delivery(f)
		files, _, err := target.Infrastructure(model.App{Path: "example.com/shop", Functions: []model.Function{f}})
		if err != nil {
			t.Fatal(err)
		}
		template, err := cfn.Parse(files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		same := func(what string, got, want any) {
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %+v: %s is %v in the template, %v here", f.Trigger.Kind(), f.Trigger, what, got, want)
			}
		}
		or := func(v, preset any) any {
			if v == nil {
				return preset
			}
			return v
		}
		seen := 0
		for _, r := range template.Resources {
			p := r.Properties
			switch r.Type {
			case "AWS::SQS::Queue":
				if p["VisibilityTimeout"] == nil { // it is for dead letters
					continue
				}
				seen++
				same("visibility", p["VisibilityTimeout"], d.Lease.Seconds())
				redrive, _ := p["RedrivePolicy"].(map[string]any)
				same("receives", or(redrive["maxReceiveCount"], 0), d.Attempts)
				same("dead letters", redrive != nil, d.Letters == model.Moved)
				same("FIFO", or(p["FifoQueue"], false), d.Order == model.ByGroup)
			case "AWS::Lambda::EventSourceMapping":
				seen++
				same("batch", or(p["BatchSize"], 100), d.Batch)
				same("window", or(p["MaximumBatchingWindowInSeconds"], 0), d.Window.Seconds())
				same("shards", or(p["ParallelizationFactor"], 0), d.Shards)
				if p["MaximumRetryAttempts"] != nil {
					same("attempts", p["MaximumRetryAttempts"], d.Attempts-1)
					same("age", p["MaximumRecordAgeInSeconds"], d.Age.Seconds())
					same("dead letters", p["DestinationConfig"] != nil, d.Letters == model.Stored)
					same("halves", p["BisectBatchOnFunctionError"], d.Order == model.ByShard)
				}
			case "AWS::Events::Rule", "AWS::Scheduler::Schedule":
				to, _ := p["Target"].(map[string]any)
				if list, ok := p["Targets"].([]any); ok {
					to = list[0].(map[string]any)
				}
				policy := to["RetryPolicy"].(map[string]any)
				same("attempts", policy["MaximumRetryAttempts"], d.Attempts-1)
				same("age", policy["MaximumEventAgeInSeconds"], d.Age.Seconds())
			case "AWS::Lambda::EventInvokeConfig":
				seen++
				same("attempts", p["MaximumRetryAttempts"], d.Attempts-1)
				same("age", p["MaximumEventAgeInSeconds"], d.Age.Seconds())
				same("dead letters", p["DestinationConfig"] != nil, d.Letters == model.Reported)
			}
		}
		if seen == 0 {
			t.Errorf("%s: nothing is compared", f.Trigger.Kind())
		}
	}
}
