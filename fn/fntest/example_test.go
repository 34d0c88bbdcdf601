package fntest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest"
)

// Announce is the handler under test. It has the sinks news and audit.
func Announce(ctx context.Context, title string) error {
	e := event.New()
	e.SetType("com.example.article.published")
	e.SetSubject(title)
	if err := fn.Emit(ctx, e, "news"); err != nil {
		return err
	}
	return fn.EmitNow(ctx, e, "audit")
}

// A test calls the handler as the function that it is, and looks at what it
// emitted.
func ExampleRecord() {
	ctx, sent := fntest.Record(context.Background())
	if err := Announce(ctx, "Go 1.26"); err != nil {
		fmt.Println(err)
	}
	for _, one := range sent.All() {
		fmt.Printf("%s: %s %q, at once: %t\n", one.Sink, one.Event.Type(), one.Event.Subject(), one.Now)
	}
	// Output:
	// news: com.example.article.published "Go 1.26", at once: false
	// audit: com.example.article.published "Go 1.26", at once: true
}

// What does the handler make of a sink that is out of order?
func ExampleRecorder_Fail() {
	ctx, sent := fntest.Record(context.Background())
	sent.Fail(errors.New("no such topic"))
	fmt.Println(Announce(ctx, "Go 1.26"))
	// Output:
	// no such topic
}
