package openwhisk

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/fn"
)

// What is logged while an activation is handled names it, and its event.
func TestLogger(t *testing.T) {
	t.Setenv("__OW_ACTION_NAME", "/guest/shop/audit")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, before := os.Stderr, slog.Default()
	os.Stderr = w
	slog.SetDefault(Logger())
	os.Stderr = stderr
	t.Cleanup(func() { slog.SetDefault(before) })
	h := fn.HandlerFunc(func(ctx context.Context, _ fn.Event) (*fn.Event, error) {
		slog.InfoContext(ctx, "auditing")
		return nil, nil
	})
	Handler(h, Trigger{Type: "com.example.order.placed"}).Invoke(t.Context(), line(fired, time.Now().Add(time.Minute)))
	w.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var l map[string]any
	if err := json.Unmarshal([]byte(strings.TrimSpace(string(all))), &l); err != nil {
		t.Fatalf("%s: %v", all, err)
	}
	for name, want := range map[string]any{
		"level": "INFO", "message": "auditing", "activationId": "4479", "function": "/guest/shop/audit", "event.id": "e1", "event.type": "com.example.order.placed",
	} {
		if l[name] != want {
			t.Errorf("%s is %v, want %v", name, l[name], want)
		}
	}
}
