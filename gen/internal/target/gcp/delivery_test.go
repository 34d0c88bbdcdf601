package gcp_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// The numbers by which fngen delivers on a developer's machine are those of
// main.tf.
func TestDelivery(t *testing.T) {
	target := testkit.GCP().(model.Deliverer)
	nine, one := 9, 1
	for _, f := range []model.Function{
		{Trigger: model.Queue{Name: "orders"}},
		{Trigger: model.Queue{Name: "orders", FIFO: true, Visibility: 40 * time.Second}, Retries: &nine},
		{Trigger: model.Topic{Name: "orders"}, Timeout: 5 * time.Minute},
		{Trigger: model.Topic{Name: "orders"}, DeadLetter: "none"},
		{Trigger: model.Stream{Name: "orders"}},
		{Trigger: model.Schedule{Every: time.Hour}},
		{Trigger: model.Schedule{Every: time.Hour}, Retries: &one},
	} {
		f.Name = "handle"
		d := target.Delivery(f)
		tf := strings.Join(strings.Fields(string(mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{f}}))), " ")
		check := func(is bool, format string, args ...any) {
			if text := fmt.Sprintf(format, args...); strings.Contains(tf, text) != is {
				t.Errorf("%+v: main.tf has %q: %t, want %t", f.Trigger, text, !is, is)
			}
		}
		if f.Trigger.Kind() == "schedule" {
			check(true, "retry_count = %d", d.Attempts-1)
			check(d.Letters == model.Moved, "dead_letter_policy")
			continue
		}
		check(true, "ack_deadline_seconds = %d ", d.Lease/time.Second)
		check(true, `minimum_backoff = "%ds" maximum_backoff = "%ds"`, d.First/time.Second, d.Most/time.Second)
		check(true, `message_retention_duration = "%ds"`, d.Age/time.Second)
		check(d.Order == model.ByGroup, "enable_message_ordering = true")
		check(d.Letters == model.Moved, "dead_letter_policy")
		check(d.Attempts > 0, "max_delivery_attempts = %d ", d.Attempts)
	}
	for _, trigger := range []model.Trigger{model.Object{Bucket: "uploads", Created: true}, model.Event{Type: "x"}} {
		if d := target.Delivery(model.Function{Name: "handle", Trigger: trigger}); d.Attempts != 0 || d.Age != 24*time.Hour || d.Letters != model.Lost {
			t.Errorf("%+v: %+v", trigger, d)
		}
	}
}

// An instance has as many requests at once on a developer's machine as main.tf
// sets, and one event.
func TestFeed(t *testing.T) {
	target := testkit.GCP().(model.Feeder)
	f := model.Function{Name: "handle", Trigger: model.HTTP{Path: "/"}}
	tf := strings.Join(strings.Fields(string(mainTF(t, "", model.App{Path: "example.com/shop", Functions: []model.Function{f}}))), " ")
	if n := target.Feed(f.Trigger).AtOnce; n < 2 || !strings.Contains(tf, fmt.Sprintf("max_instance_request_concurrency = %d ", n)) {
		t.Errorf("%d requests", n)
	}
	if feed := target.Feed(model.Queue{Name: "orders"}); feed.AtOnce != 0 {
		t.Errorf("%+v of a queue", feed)
	}
}
