package loop

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/dev/store"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

func created(key string) store.Write {
	return store.Write{Name: "users", Occurrence: native.Change{Kind: native.Created, Key: []string{key}}}
}

// What is written before the first build is served is delivered when it is, in
// its order and before what follows.
func TestEarlyWrites(t *testing.T) {
	keys := make(chan string, 10)
	s := &session{teller: func(Note) {}, Broker: broker.New(broker.Options{
		Target:  "aws",
		Numbers: func(model.Function) model.Delivery { return model.Delivery{} },
		Deliver: func(_ context.Context, _ model.Function, events []native.Delivery) (broker.Outcome, error) {
			for _, e := range events {
				keys <- e.Occurrence.(native.Change).Key[0]
			}
			return broker.Outcome{Results: native.All(len(events), native.Acknowledged)}, nil
		},
	})}
	defer s.Broker.Close(context.Background())
	write := func(key string) {
		t.Helper()
		if err := s.written(created(key)); err != nil {
			t.Fatal(err)
		}
	}
	write("a")
	s.Update([]model.Function{{Name: "greet", Trigger: model.Document{Collection: "users", Created: true}}})
	write("b")
	s.tellEarly()
	write("c")
	var got []string
	for len(got) < 3 {
		select {
		case key := <-keys:
			got = append(got, key)
		case <-time.After(20 * time.Second):
			t.Fatalf("only %q were delivered", got)
		}
	}
	if !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("delivered %q", got)
	}
}

// As many writes wait for the first build as may, and no more.
func TestMostEarlyWrites(t *testing.T) {
	s := &session{}
	for i := range mostEarly {
		if err := s.written(created(fmt.Sprint(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.written(created("more")); err == nil {
		t.Errorf("%d writes wait", mostEarly+1)
	}
}
