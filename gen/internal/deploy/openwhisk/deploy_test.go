package openwhisk_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/openwhisk"
	"github.com/fngen/fngen/gen/internal/model"
	target "github.com/fngen/fngen/gen/internal/target/openwhisk"
	"github.com/fngen/fngen/internal/testkit/whisk"
)

// A shop is an application with a function of each kind that matters here: fed by a
// feed of its own, by one without, and by requests.
type shop struct {
	t          *testing.T
	controller *whisk.Controller
	app        openwhisk.Application
	code       map[string]string // of each function
	env        map[string]string
	told       []string
}

func newShop(t *testing.T) *shop {
	s := &shop{t: t, controller: whisk.Start(t), code: map[string]string{"reserve": "1", "audit": "1", "orders": "1"}, env: map[string]string{
		"ORDERS_BROKERS": "kafka-1.example:9092", "REQUIRE_WHISK_AUTH": "only-for-our-own-callers"}}
	home := t.TempDir()
	if err := os.WriteFile(filepath.Join(home, ".wskprops"), []byte("# mine\n"+s.controller.Props()), 0o600); err != nil {
		t.Fatal(err)
	}
	function := func(name string) model.Function { return model.Function{Name: name} }
	s.app = openwhisk.Application{
		Kinds: []string{"go:1.20"}, Home: home, Env: func(name string) string { return s.env[name] },
		Archive: func(f model.Function, kind string) ([]byte, error) { return archive(s.code[f.Name], kind), nil },
		Deployment: target.Deployment{
			Package: "shop",
			Actions: []target.Action{
				{Name: "reserve", Function: function("reserve"), Timeout: time.Minute, Memory: 256,
					Annotations: []target.Value{{Name: "provide-api-key", Value: false}}, Parameters: []target.Value{{Name: "dbname", Value: "carts"}}},
				{Name: "audit", Function: function("audit"), Timeout: time.Minute, Memory: 256, Annotations: []target.Value{{Name: "provide-api-key", Value: true}}},
				{Name: "orders", Function: function("orders"), Timeout: time.Minute, Memory: 512, Web: true,
					Annotations: []target.Value{{Name: "provide-api-key", Value: false}, {Name: "require-whisk-auth", Variables: []string{"REQUIRE_WHISK_AUTH"}}}},
			},
			Triggers: []target.Trigger{
				{Name: "shop.event.com.example.order.placed"},
				{Name: "shop.queue.orders", Feed: "/whisk.system/messaging/kafkaFeed", Inputs: []target.Value{{Name: "brokers", Variables: []string{"ORDERS_BROKERS"}}, {Name: "topic", Value: "orders"}}},
			},
			Rules: []target.Rule{{Name: "shop.reserve", Trigger: "shop.queue.orders", Action: "reserve"}, {Name: "shop.audit", Trigger: "shop.event.com.example.order.placed", Action: "audit"}},
		},
	}.Hurried(time.Millisecond, 5*time.Second)
	return s
}

// archive is one as fngen build makes it.
func archive(program, kind string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range [][2]string{{"exec", "program " + program}, {"exec.env", target.Image(kind)}} {
		e, _ := w.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Deflate})
		_, _ = io.WriteString(e, f[1])
	}
	w.Close()
	return b.Bytes()
}

func (s *shop) try(ctx context.Context, prune bool) (deploy.Plan, deploy.Result, error) {
	p, err := s.app.Plan(ctx, deploy.Options{Prune: prune})
	if err != nil {
		return p, deploy.Result{}, err
	}
	s.told = nil
	r, err := p.Carry(ctx, func(text string) { s.told = append(s.told, text) })
	return p, r, err
}

// deploy deploys and returns what was changed.
func (s *shop) deploy() []string {
	s.t.Helper()
	p, _, err := s.try(s.t.Context(), false)
	if err != nil {
		s.t.Fatal(err)
	}
	return changes(p)
}

func changes(p deploy.Plan) []string {
	var out []string
	for _, step := range p.Steps {
		if step.Do != deploy.Keep {
			out = append(out, strings.TrimSuffix(fmt.Sprintf("%s %s %s: %s", step.Do, step.Kind, step.Name, step.Why), ": "))
		}
	}
	return out
}

// writes are the requests that change something.
func writes(requests []string) []string {
	return slices.DeleteFunc(requests, func(r string) bool { return strings.HasPrefix(r, "GET ") })
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), append([]string{}, got...)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// A first deployment creates all in an order in which nothing that arrives finds no
// action; the next sends nothing.
func TestDeploy(t *testing.T) {
	s := newShop(t)
	p, r, err := s.try(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "the plan is", changes(p), "create package shop", "create action shop/reserve", "create action shop/audit", "create action shop/orders",
		"create trigger shop.event.com.example.order.placed", "create trigger shop.queue.orders", "create rule shop.reserve", "create rule shop.audit")
	expect(t, "it sends", writes(s.controller.Requests()), "PUT _/packages/shop", "PUT _/actions/shop/reserve", "PUT _/actions/shop/audit", "PUT _/actions/shop/orders",
		"PUT _/triggers/shop.event.com.example.order.placed", "PUT _/triggers/shop.queue.orders", "PUT _/rules/shop.reserve", "PUT _/rules/shop.audit",
		"POST whisk.system/actions/messaging/kafkaFeed", "PUT _/triggers/shop.queue.orders")
	expect(t, "it tells", s.told, "created package shop", "created action shop/reserve", "created action shop/audit", "created action shop/orders",
		"created trigger shop.event.com.example.order.placed", "created rule shop.reserve", "created rule shop.audit",
		"waiting for the feed /whisk.system/messaging/kafkaFeed", "created trigger shop.queue.orders")
	if want := []deploy.Address{{Function: "orders", URL: s.controller.URL + "/api/v1/web/guest/shop/orders"}}; !slices.Equal(r.Addresses, want) {
		t.Errorf("the addresses are %v", r.Addresses)
	}
	if want := "package shop in namespace guest at " + s.controller.URL; p.Place != want {
		t.Errorf("the place is %q", p.Place)
	}
	if n := s.controller.Fire("shop.queue.orders"); n != 1 {
		t.Errorf("an event starts %d actions", n)
	}
	feed, _ := s.controller.Feed("shop.queue.orders")
	if diff := cmp.Diff(whisk.Feed{Feed: "/whisk.system/messaging/kafkaFeed", Inputs: map[string]any{"brokers": "kafka-1.example:9092", "topic": "orders"}}, feed); diff != "" {
		t.Error(diff)
	}
	for annotation, want := range map[string]any{"web-export": true, "raw-http": true, "final": true, "require-whisk-auth": "only-for-our-own-callers", "provide-api-key": false} {
		if got := s.controller.Annotation("actions/shop/orders", annotation); got != want {
			t.Errorf("%s of a web action is %v", annotation, got)
		}
	}

	p, _, err = s.try(t.Context(), false)
	if err != nil || p.Changes() {
		t.Errorf("a second run changes %v (%v)", changes(p), err)
	}
	expect(t, "a second run sends", writes(s.controller.Requests()))
}

// What has changed is sent, and nothing else.
func TestChange(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*shop)
		want   []string // is sent
	}{
		"code":         {func(s *shop) { s.code["audit"] = "2" }, []string{"PUT _/actions/shop/audit"}},
		"memory":       {func(s *shop) { s.app.Deployment.Actions[1].Memory = 512 }, []string{"PUT _/actions/shop/audit"}},
		"a secret":     {func(s *shop) { s.env["REQUIRE_WHISK_AUTH"] = "another" }, []string{"PUT _/actions/shop/orders"}},
		"the trigger":  {func(s *shop) { s.app.Deployment.Rules[1].Trigger = "shop.queue.orders" }, []string{"PUT _/rules/shop.audit"}},
		"a parameter":  {func(s *shop) { s.app.Deployment.Actions[0].Parameters = nil }, []string{"PUT _/actions/shop/reserve"}},
		"a feed's own": {func(s *shop) { s.env["ORDERS_BROKERS"] = "kafka-2.example:9092" }, []string{"PUT _/triggers/shop.queue.orders", "POST whisk.system/actions/messaging/kafkaFeed", "POST whisk.system/actions/messaging/kafkaFeed", "PUT _/triggers/shop.queue.orders"}},
		"a feed for another": {func(s *shop) {
			s.app.Deployment.Triggers[1].Feed, s.app.Deployment.Triggers[1].Inputs = "/whisk.system/alarms/alarm", []target.Value{{Name: "cron", Value: "* * * * *"}}
		}, []string{"PUT _/triggers/shop.queue.orders", "POST whisk.system/actions/messaging/kafkaFeed", "PUT _/triggers/shop.queue.orders", "POST whisk.system/actions/alarms/alarm", "PUT _/triggers/shop.queue.orders"}},
		"a feed for none": {func(s *shop) {
			s.app.Deployment.Triggers[1].Feed, s.app.Deployment.Triggers[1].Inputs = "", nil
		}, []string{"PUT _/triggers/shop.queue.orders", "POST whisk.system/actions/messaging/kafkaFeed", "PUT _/triggers/shop.queue.orders"}},
		"by hand": {func(s *shop) {
			s.controller.Put("actions/shop/audit", map[string]any{"limits": map[string]any{"memory": 128}})
		}, []string{"PUT _/actions/shop/audit"}},
		"a trigger by hand": {func(s *shop) {
			s.controller.Put("triggers/shop.event.com.example.order.placed", map[string]any{"parameters": []any{map[string]any{"key": "a", "value": 1}}})
		}, []string{"PUT _/triggers/shop.event.com.example.order.placed"}},
		"switched off by hand": {func(s *shop) { s.controller.SetRule("shop.reserve", "inactive") }, []string{"PUT _/rules/shop.reserve", "POST _/rules/shop.reserve"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.deploy()
			c.change(s)
			s.controller.Requests()
			s.deploy()
			expect(t, "it sends", writes(s.controller.Requests()), c.want...)
			clean := newShop(t)
			clean.app.Deployment, clean.code, clean.env = s.app.Deployment, s.code, s.env
			clean.deploy()
			if diff := cmp.Diff(clean.controller.State(), s.controller.State()); diff != "" {
				t.Errorf("it is not as after a first deployment (-first +this):\n%s", diff)
			}
			s.deploy()
			expect(t, "once more it sends", writes(s.controller.Requests()))
		})
	}
}

// A parameter that is taken out is gone, and so is an annotation, though the
// controller keeps what is not said and merges what is.
func TestTakenOut(t *testing.T) {
	s := newShop(t)
	s.deploy()
	s.app.Deployment.Actions[0].Parameters = nil
	s.app.Deployment.Actions[2].Annotations = []target.Value{{Name: "provide-api-key", Value: false}, {Name: "web-custom-options", Value: true}}
	s.deploy()
	if got := fmt.Sprint(s.controller.Entity("actions/shop/reserve")["parameters"]); got != "[]" {
		t.Errorf("the parameters are %s", got)
	}
	if got := s.controller.Annotation("actions/shop/orders", "require-whisk-auth"); got != nil {
		t.Errorf("a function that became public still asks for %v", got)
	}
	if got := s.controller.Annotation("actions/shop/orders", "web-export"); got != true {
		t.Errorf("it is no web action any more: %v", got)
	}
}

// A rule whose trigger was deleted has no status with the new one, and would start
// nothing: events would be lost in 204s.
func TestRuleStatus(t *testing.T) {
	s := newShop(t)
	s.deploy()
	s.controller.Delete("triggers/shop.event.com.example.order.placed")
	expect(t, "the plan is", s.deploy(), "create trigger shop.event.com.example.order.placed", "change rule shop.audit: is inactive")
	if n := s.controller.Fire("shop.event.com.example.order.placed"); n != 1 {
		t.Errorf("an event starts %d actions", n)
	}
}

// What others have deployed, wskdeploy for instance, is taken over, and its feed is
// made anew.
func TestTakenOver(t *testing.T) {
	s := newShop(t)
	s.deploy()
	by := func(name string, body map[string]any) { s.controller.Delete(name); s.controller.Put(name, body) }
	by("triggers/shop.queue.orders", map[string]any{"annotations": []any{map[string]any{"key": "feed", "value": "/whisk.system/messaging/kafkaFeed"}}})
	by("actions/shop/audit", map[string]any{"exec": map[string]any{"kind": "go:1.20", "code": "x"}})
	by("rules/shop.audit", map[string]any{"trigger": "/_/shop.event.com.example.order.placed", "action": "/_/shop/audit"})
	const why = ": is there already, and fngen takes it over"
	expect(t, "the plan is", s.deploy(), "change action shop/audit"+why, "change trigger shop.queue.orders"+why, "change rule shop.reserve: is inactive", "change rule shop.audit"+why)
	clean := newShop(t)
	clean.deploy()
	if diff := cmp.Diff(clean.controller.State(), s.controller.State()); diff != "" {
		t.Error(diff)
	}
}

// What is no longer in the application is shown, and removed with prune: of what
// fngen has deployed of the package alone.
func TestPrune(t *testing.T) {
	s := newShop(t)
	s.deploy()
	s.controller.Put("actions/shop/mine", map[string]any{"exec": map[string]any{"kind": "go:1.20", "code": "x"}})
	s.controller.Put("triggers/mine", map[string]any{})
	s.controller.Put("rules/shop.mine", map[string]any{"trigger": "/_/mine", "action": "/_/shop/mine"})
	s.controller.Put("triggers/other.queue.orders", map[string]any{"annotations": []any{map[string]any{"key": "fngen", "value": map[string]any{"package": "other"}}}})
	d := &s.app.Deployment
	d.Actions, d.Triggers, d.Rules = d.Actions[1:], d.Triggers[:1], d.Rules[1:]
	s.env["ORDERS_BROKERS"] = ""
	expect(t, "the plan is", s.deploy(), "leave rule shop.reserve: is no longer in the application", "leave trigger shop.queue.orders: is no longer in the application", "leave action shop/reserve: is no longer in the application")
	s.controller.Requests()
	p, _, err := s.try(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "with prune the plan is", changes(p), "remove rule shop.reserve", "remove trigger shop.queue.orders", "remove action shop/reserve")
	expect(t, "it sends", writes(s.controller.Requests()), "POST whisk.system/actions/messaging/kafkaFeed", "DELETE _/rules/shop.reserve", "DELETE _/triggers/shop.queue.orders", "DELETE _/actions/shop/reserve")
	if _, ok := s.controller.Feed("shop.queue.orders"); ok {
		t.Error("the feed is still there")
	}
	for _, name := range []string{"actions/shop/mine", "triggers/mine", "rules/shop.mine", "triggers/other.queue.orders", "actions/shop/audit"} {
		if s.controller.Entity(name) == nil {
			t.Errorf("%s is gone", name)
		}
	}
}

// All of it is removed, and what others have put there stays.
func TestRemove(t *testing.T) {
	for _, others := range []bool{false, true} {
		s := newShop(t)
		s.deploy()
		if others {
			s.controller.Put("actions/shop/mine", map[string]any{"exec": map[string]any{"kind": "go:1.20", "code": "x"}})
		}
		s.env = nil // it takes no variables
		p, err := s.app.Removal(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Carry(t.Context(), func(string) {}); err != nil {
			t.Fatal(err)
		}
		if gone := s.controller.Entity("packages/shop") == nil; gone == others {
			t.Errorf("with others' actions %v: the package is gone: %v", others, gone)
		}
		if _, ok := s.controller.Feed("shop.queue.orders"); ok || s.controller.Entity("actions/shop/audit") != nil || s.controller.Entity("rules/shop.audit") != nil || s.controller.Entity("triggers/shop.queue.orders") != nil {
			t.Errorf("something is left:\n%s", s.controller.State())
		}
		if p, err := s.app.Removal(t.Context()); err != nil || p.Changes() && !others {
			t.Errorf("there is something to remove: %v (%v)", changes(p), err)
		}
	}
}

// A namespace holds more than is listed at once.
func TestManyTriggers(t *testing.T) {
	s := newShop(t)
	for i := range 450 {
		s.controller.Put(fmt.Sprintf("triggers/a%03d", i), map[string]any{})
	}
	s.deploy()
	if p, _, err := s.try(t.Context(), false); err != nil || p.Changes() {
		t.Errorf("a second run changes %v (%v)", changes(p), err)
	}
}

// The kind of Go is one that the platform has. An archive for another is packed anew
// unless fngen.yaml names those that will do.
func TestKind(t *testing.T) {
	for name, c := range map[string]struct {
		packaged, there []string
		named           bool
		kind, err       string
	}{
		"the default":        {[]string{"go:1.20"}, []string{"go:1.20", "go:1.24"}, false, "go:1.20", ""},
		"the newest there":   {[]string{"go:1.20"}, []string{"go:1.9", "go:1.24", "go:1.17"}, false, "go:1.24", ""},
		"the first of those": {[]string{"go:1.25", "go:1.22", "go:1.17"}, []string{"go:1.17", "go:1.22"}, true, "go:1.22", ""},
		"none that will do":  {[]string{"go:1.25"}, []string{"go:1.17", "go:1.22"}, true, "", "does not have go:1.25; its kinds of Go are go:1.17, go:1.22, of which targets.openwhisk.kind names none"},
		"none of Go at all":  {[]string{"go:1.20"}, nil, false, "", "has no kind of Go; have its operator add go:1.20 to its runtimes"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.app.Kinds, s.app.KindsNamed, s.controller.Kinds = c.packaged, c.named, c.there
			_, _, err := s.try(t.Context(), false)
			if c.err != "" {
				if err == nil || !strings.HasSuffix(err.Error(), c.err) {
					t.Errorf("the error is %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			exec := s.controller.Entity("actions/shop/audit")["exec"].(map[string]any)
			code, _ := base64.StdEncoding.DecodeString(exec["code"].(string))
			r, err := zip.NewReader(bytes.NewReader(code), int64(len(code)))
			if err != nil {
				t.Fatal(err)
			}
			files := map[string]string{}
			for _, f := range r.File {
				in, _ := f.Open()
				data, err := io.ReadAll(in)
				if err != nil {
					t.Fatal(err)
				}
				files[f.Name] = string(data)
			}
			if want := (map[string]string{"exec": "program 1", "exec.env": target.Image(c.kind)}); exec["kind"] != c.kind || cmp.Diff(want, files) != "" {
				t.Errorf("the kind is %v, and the archive %v", exec["kind"], files)
			}
			if p, err := s.app.Plan(t.Context(), deploy.Options{}); err != nil || p.Changes() {
				t.Errorf("a second run changes %v (%v)", changes(p), err)
			}
		})
	}
}

// Killed between any two requests, or while the platform does what it was asked for,
// and run again: the same is there in the end, for a first deployment, a change of all
// kinds, one that is taken back, and a removal.
func TestInterrupted(t *testing.T) {
	second := func(s *shop) {
		d := &s.app.Deployment
		s.code["reserve"], s.env["ORDERS_BROKERS"] = "2", "kafka-2.example:9092"
		d.Actions, d.Rules = slices.Clone(d.Actions), slices.Clone(d.Rules)
		d.Actions[0].Parameters = nil
		d.Actions, d.Triggers, d.Rules = d.Actions[:2], d.Triggers[1:], d.Rules[:1]
	}
	run := func(s *shop, ctx context.Context, remove bool) error {
		plan := func() (deploy.Plan, error) { return s.app.Plan(ctx, deploy.Options{Prune: true}) }
		if remove {
			plan = func() (deploy.Plan, error) { return s.app.Removal(ctx) }
		}
		p, err := plan()
		if err == nil {
			_, err = p.Carry(ctx, func(text string) { s.told = append(s.told, text) })
		}
		return err
	}
	for name, c := range map[string]struct {
		before, broken, then func(*shop) // what is deployed before, what is broken off, and what is deployed in the end
		remove               bool
	}{
		"first":      {nil, nil, nil, false},
		"change":     {func(*shop) {}, second, second, false},
		"taken back": {func(*shop) {}, second, func(*shop) {}, false},
		"removal":    {func(*shop) {}, nil, nil, true},
	} {
		apply := func(s *shop, change func(*shop)) {
			fresh := newShop(t)
			s.app.Deployment, s.code, s.env = fresh.app.Deployment, fresh.code, fresh.env
			if change != nil {
				change(s)
			}
		}
		t.Run(name, func(t *testing.T) {
			whole := newShop(t)
			if c.before != nil {
				whole.deploy()
			}
			whole.controller.Requests()
			apply(whole, c.broken)
			if err := run(whole, t.Context(), c.remove); err != nil {
				t.Fatal(err)
			}
			requests := len(whole.controller.Requests())
			apply(whole, c.then)
			if err := run(whole, t.Context(), c.remove); err != nil {
				t.Fatal(err)
			}
			for n := range 2 * requests {
				s := newShop(t)
				if c.before != nil {
					s.deploy()
				}
				apply(s, c.broken)
				ctx, cancel := context.WithCancel(t.Context())
				s.controller.Requests()
				stop := func(i int, w http.ResponseWriter, r *http.Request) bool {
					if i < n/2 {
						return false
					}
					cancel()
					whisk.Drop(w)
					return true
				}
				if n%2 == 0 {
					s.controller.Before = stop
				} else {
					s.controller.After = stop
				}
				if err := run(s, ctx, c.remove); !errors.Is(err, context.Canceled) {
					t.Fatalf("broken off at %d of %d: %v", n, 2*requests, err)
				}
				s.controller.Before, s.controller.After = nil, nil
				apply(s, c.then)
				if err := run(s, t.Context(), c.remove); err != nil {
					t.Fatalf("broken off at %d of %d, and run again: %v", n, 2*requests, err)
				}
				if diff := cmp.Diff(whole.controller.State(), s.controller.State()); diff != "" {
					t.Errorf("broken off at %d of %d (-whole +this):\n%s", n, 2*requests, diff)
				}
			}
		})
	}
}
