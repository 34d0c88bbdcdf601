package page

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/dev/broker"
	"github.com/fngen/fngen/gen/internal/model"
)

// columns are the boxes of the picture, from left to right and from the top down.
func columns(c chain) []string {
	boxes := slices.Clone(c.Boxes)
	slices.SortFunc(boxes, func(a, b *box) int { return slices.Compare([]int{a.X, a.Y}, []int{b.X, b.Y}) })
	var out []string
	x := -1
	for _, b := range boxes {
		if b.X != x {
			out, x = append(out, ""), b.X
		}
		out[len(out)-1] = strings.TrimSpace(out[len(out)-1] + " " + strings.TrimSpace(b.Kind+"/"+b.Name))
	}
	return out
}

// A chain runs from left to right through what its functions and triggers have the
// same names for.
func TestChain(t *testing.T) {
	want := []string{
		"http/GET /articles/{name} schedule/0 3 * * * http/POST /orders object/pictures",
		"/articles /nightly /place /picture",
		"queue/orders event/com.example.order.placed",
		"/reserve /audit",
		"topic/order-events",
		"/mail /stock",
		"http/warehouse",
	}
	if diff := cmp.Diff(want, columns(newChain(shop(), broker.State{}))); diff != "" {
		t.Error(diff)
	}
}

// An event's sink leads to the functions that listen to the type that it says, and
// an http sink to none, whatever their names; dead letters lead to who handles them.
func TestChainMeets(t *testing.T) {
	dead := fnOf("b", "B", model.Queue{Name: "in"})
	dead.DeadLetter = "lost"
	c := newChain([]model.Function{
		fnOf("a", "A", model.HTTP{Path: "/a"}, model.Sink{Kind: "event", Name: "com.x"}, model.Sink{Kind: "http", Name: "/d"}, model.Sink{Kind: "queue", Name: "in"}),
		dead,
		fnOf("c", "C", model.Event{Type: "com.x"}),
		fnOf("d", "D", model.HTTP{Path: "/d"}),
		fnOf("e", "E", model.Queue{Name: "lost", Letters: true}),
		fnOf("f", "F", model.Schedule{Cron: "0 * * * *"}),
		fnOf("g", "G", model.Schedule{Cron: "0 * * * *"}),
	}, broker.State{
		Sources:   []broker.SourceState{{Kind: "queue", Name: "in", Functions: []string{"b"}, Waiting: 3}, {Kind: "schedule", Name: "g", Functions: []string{"g"}}},
		Schedules: []broker.ScheduleState{{Function: "g", Next: time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)}, {Function: "gone", Next: time.Now()}},
	})
	places, letters := map[string]int{}, 0
	for _, b := range c.Boxes {
		places[b.Kind+"/"+b.Name]++
		switch b.key {
		case "queue in":
			if b.Waiting != 3 {
				t.Errorf("%d wait", b.Waiting)
			}
		case "schedule g":
			if b.Next != "03:04:05" {
				t.Errorf("next at %q", b.Next)
			}
		}
	}
	for _, l := range c.Lines {
		if l.Letters {
			letters++
		}
	}
	want := map[string]int{
		"http//a": 1, "/a": 1, "event/com.x": 2, "http//d": 2, "queue/in": 1, "/b": 1, "/c": 1, "/d": 1, "queue/lost": 1, "/e": 1, "schedule/0 * * * *": 2, "/f": 1, "/g": 1,
	}
	if diff := cmp.Diff(want, places); diff != "" || letters != 1 {
		t.Errorf("%d lines of dead letters; %s", letters, diff)
	}
}

// Whatever leads where, boxes lie apart and within the picture, lines lead to the
// right but for those that close a circle, and the same application has the same
// picture.
func TestChainApart(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for n := 0; n < 60; n += 7 {
		var functions []model.Function
		for i := range n {
			var sinks []model.Sink
			for range random.IntN(4) {
				sinks = append(sinks, model.Sink{Kind: "queue", Name: fmt.Sprint("q", random.IntN(n+1))})
			}
			functions = append(functions, fnOf(fmt.Sprint("function-of-a-name-that-is-long-", i), "F", model.Queue{Name: fmt.Sprint("q", random.IntN(n+1))}, sinks...))
		}
		c := newChain(functions, broker.State{})
		if diff := cmp.Diff(render("chain", c), render("chain", newChain(functions, broker.State{}))); diff != "" {
			t.Fatal(diff)
		}
		for i, a := range c.Boxes {
			if a.X < 0 || a.Y < 0 || a.X+a.W > c.Width || a.Y+a.H > c.Height {
				t.Errorf("%d functions: %s is not in the picture", n, a.key)
			}
			for _, b := range c.Boxes[:i] {
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%d functions: %s lies on %s", n, a.key, b.key)
				}
			}
		}
		for _, l := range c.Lines {
			begin, end := ends(t, l.Path)
			if !l.Back && end <= begin {
				t.Errorf("%d functions: the line %s leads back", n, l.Path)
			}
		}
	}
}

// ends are how far right a line begins and ends.
func ends(t *testing.T, path string) (begin, end int) {
	t.Helper()
	points := regexp.MustCompile(`(\d+) \d+`).FindAllStringSubmatch(path, -1)
	begin, _ = strconv.Atoi(points[0][1])
	end, _ = strconv.Atoi(points[len(points)-1][1])
	return begin, end
}
