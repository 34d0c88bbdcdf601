package conformance

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/native"
)

// runForeign hands what one trigger delivers to the functions of all others.
// No handler may see it, and it may not be acknowledged.
func runForeign(t *testing.T, p Platform) {
	directives := map[string]Directive{}
	payloads := map[string]payload{}
	for _, o := range Occurrences() {
		trigger, name, _ := strings.Cut(o.Name, "/")
		if !p.serves(trigger) || name != "plain" && name != "created" {
			continue
		}
		if all, err := p.encode(o); err == nil {
			directives[trigger], payloads[trigger] = o.Directive, all[0]
		}
	}
	for _, declared := range native.Names(directives) {
		for _, arrived := range native.Names(payloads) {
			if declared == arrived || takes(p.Name, declared, arrived) {
				continue
			}
			t.Run("foreign/"+arrived+" for "+declared, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { checkForeign(t, directives[declared], payloads[arrived]) })
			})
		}
	}
}

// takes reports whether the platform cannot tell what arrived from what is
// declared: it comes in the same envelope, or the declared trigger takes
// anything.
func takes(platform, declared, arrived string) bool {
	switch platform {
	case "gcp":
		pubSub := []string{"queue", "topic", "stream"}
		return declared == "http" || slices.Contains(pubSub, declared) && slices.Contains(pubSub, arrived)
	case "openwhisk":
		kafka := []string{"queue", "stream"}
		return declared == "topic" || slices.Contains(kafka, declared) && slices.Contains(kafka, arrived)
	}
	return false
}

func checkForeign(t *testing.T, d Directive, payload payload) {
	calls := 0
	h := fn.HandlerFunc(func(context.Context, fn.Event) (*fn.Event, error) {
		calls++
		return nil, nil
	})
	var answers []Answer
	var err error
	log := logged(func() { answers, err = payload.invoke(t.Context(), d, h) })
	if calls != 0 {
		t.Errorf("the handler was called: %s", log)
	}
	if err != nil || len(answers) != 1 || answers[0].Verdict == Acknowledged {
		t.Errorf("answers %+v, %v", answers, err)
	}
}
