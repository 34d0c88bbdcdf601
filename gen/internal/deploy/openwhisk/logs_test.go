package openwhisk_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// Logs are those of one action since a time, the oldest first, however many there
// are, and say which activations have failed.
func TestLogs(t *testing.T) {
	s := newShop(t)
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	add := func(id string, at time.Duration, action string, status int, logs ...string) {
		s.controller.AddRecord(id, map[string]any{"activationId": id, "action": action, "start": start.Add(at).UnixMilli(), "statusCode": status, "logs": logs})
	}
	add("old", -time.Minute, "shop/audit", 0, "2026-11-30T11:59:00Z stdout: old")
	add("other", time.Second, "shop/reserve", 0, "2026-11-30T12:00:01Z stdout: other")
	add("b", 2*time.Second, "shop/audit", 1, "2026-11-30T12:00:02.5Z           stderr: second: 2", "as it is")
	add("a", time.Second, "shop/audit", 0, "2026-11-30T12:00:01Z stdout: first")
	for i := range 201 {
		add(fmt.Sprint("many", i), -time.Hour+time.Duration(i)*time.Millisecond, "shop/orders", 0, "2026-11-30T11:00:00Z stdout: x")
	}
	var told []string
	tell := func(l deploy.Line) { told = append(told, l.Time.Format(time.TimeOnly+".0")+" "+l.Text) }
	if err := s.app.Logs(t.Context(), model.Function{Name: "audit"}, deploy.LogOptions{Since: start}, tell); err != nil {
		t.Fatal(err)
	}
	expect(t, "it tells", told, "12:00:01.0 first", "12:00:02.5 second: 2", "12:00:02.0 as it is", "12:00:02.0 activation b: application error")
	told = nil
	if err := s.app.Logs(t.Context(), model.Function{Name: "orders"}, deploy.LogOptions{Since: start.Add(-2 * time.Hour)}, tell); err != nil || len(told) != 201 {
		t.Errorf("of 201 activations %d are told (%v)", len(told), err)
	}

	// One that ends later than another one, and began before it.
	told, start = nil, time.Now().Add(-time.Minute)
	add("short", 2*time.Second, "shop/audit", 0, "2026-11-30T12:00:05Z stdout: short")
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	err := s.app.Logs(ctx, model.Function{Name: "audit"}, deploy.LogOptions{Since: start, Follow: true, Every: time.Millisecond}, func(l deploy.Line) {
		tell(l)
		if len(told) == 2 {
			cancel()
			return
		}
		add("long", time.Second, "shop/audit", 0, "2026-11-30T12:00:09Z stdout: long")
	})
	if err != nil {
		t.Error(err)
	}
	expect(t, "it tells", told, "12:00:05.0 short", "12:00:09.0 long")
}
