package openwhisk_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/openwhisk"
	"github.com/fngen/fngen/internal/testkit/whisk"
)

// failing answers the requests with the status as often, and JSON.
func failing(match string, status, times int) func(int, http.ResponseWriter, *http.Request) bool {
	return func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if times == 0 || !strings.Contains(r.Method+" "+r.URL.Path, match) {
			return false
		}
		times--
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": "not now", "code": "tid-7"})
		return true
	}
}

// What passes is tried again, but never a POST: what it did the first time it would
// do again.
func TestRetries(t *testing.T) {
	const put, post = "PUT /api/v1/namespaces/_/actions/shop/audit", "POST /api/v1/namespaces/whisk.system"
	for name, c := range map[string]struct {
		match         string
		status, times int
		err           string
	}{
		"429":                   {put, 429, 4, ""},
		"503":                   {put, 503, 4, ""},
		"409 of a PUT":          {put, 409, 4, ""},
		"429 of a GET":          {"GET /api/v1/namespaces/_/triggers", 429, 1, ""},
		"429 without end":       {put, 429, -1, "action shop/audit: the platform answers 429: not now"},
		"400":                   {put, 400, 1, "action shop/audit: the platform answers 400: not now"},
		"409 of a GET":          {"GET /api/v1/namespaces/_/triggers", 409, 1, "list triggers: the platform answers 409: not now"},
		"429 of a POST":         {post, 429, 1, "trigger shop.queue.orders: start feed /whisk.system/messaging/kafkaFeed: the platform answers 429: not now"},
		"503 of a POST":         {post, 503, 1, "trigger shop.queue.orders: start feed /whisk.system/messaging/kafkaFeed: the platform answers 503: not now"},
		"no such feed":          {post, 404, 1, "trigger shop.queue.orders: start feed /whisk.system/messaging/kafkaFeed: the platform answers 404: not now; the installation has no such feed"},
		"a key that is no good": {"", 401, -1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.controller.Before = failing(c.match, c.status, c.times)
			if c.match == "" {
				s.controller.Before = failing("/api/v1", c.status, c.times)
				c.err = s.controller.URL + ": the platform answers 401: not now; see AUTH in " + filepath.Join(s.app.Home, ".wskprops")
			}
			_, _, err := s.try(t.Context(), false)
			if got := fmt.Sprint(err); c.err == "" && err != nil || c.err != "" && got != c.err {
				t.Errorf("the error is %s", got)
			}
			s.controller.Before = nil
			if c.status != 401 {
				s.deploy()
			}
		})
	}
}

// A connection that is dropped, before or after what was asked for is done, is tried
// again, and else the next run makes it good.
func TestDropped(t *testing.T) {
	for _, after := range []bool{false, true} {
		for _, match := range []string{"GET /api/v1/namespaces/_/rules", "PUT /api/v1/namespaces/_/triggers/shop.queue.orders", "POST /api/v1/namespaces/whisk.system"} {
			s := newShop(t)
			times := 1
			drop := func(_ int, w http.ResponseWriter, r *http.Request) bool {
				if times == 0 || !strings.HasPrefix(r.Method+" "+r.URL.Path, match) {
					return false
				}
				times--
				whisk.Drop(w)
				return true
			}
			if after {
				s.controller.After = drop
			} else {
				s.controller.Before = drop
			}
			_, _, err := s.try(t.Context(), false)
			if isPost := strings.HasPrefix(match, "POST"); isPost != (err != nil) {
				t.Errorf("%s, after %v: %v", match, after, err)
			}
			s.deploy()
			clean := newShop(t)
			clean.deploy()
			if clean.controller.State() != s.controller.State() {
				t.Errorf("%s, after %v: the state is\n%s", match, after, s.controller.State())
			}
		}
	}
}

// Slow answers are waited for, and not for ever.
func TestSlow(t *testing.T) {
	s := newShop(t)
	slow := func(d time.Duration) func(int, http.ResponseWriter, *http.Request) bool {
		return func(_ int, _ http.ResponseWriter, r *http.Request) bool {
			if r.Method == http.MethodPut && strings.HasSuffix(r.URL.Path, "/shop/audit") {
				whisk.Slow(r, d)
			}
			return false
		}
	}
	s.controller.Before = slow(50 * time.Millisecond)
	s.deploy()
	s.code["audit"] = "2"
	s.app = s.app.Hurried(time.Millisecond, 100*time.Millisecond)
	s.controller.Before = slow(2 * time.Second)
	_, _, err := s.try(t.Context(), false)
	if want := "action shop/audit: " + strings.TrimPrefix(s.controller.URL, "http://") + " has not answered within 100ms"; err == nil || err.Error() != want {
		t.Errorf("the error is %v", err)
	}
}

// What is no controller is not taken for one, whatever its status.
func TestForeign(t *testing.T) {
	page := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html>Sign in to the hotel's network</html>")
	}
	s := newShop(t)
	var from string // of the requests that the portal answers
	s.controller.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasPrefix(r.Method+" "+r.URL.Path, from) {
			return false
		}
		page(w)
		return true
	}
	for _, from = range []string{"", "PUT /api/v1/namespaces/_/packages", "PUT /api/v1/namespaces/_/actions", "POST", "GET /api/v1/namespaces/_/rules/"} {
		_, _, err := s.try(t.Context(), false)
		if err == nil || !strings.Contains(err.Error(), "answers 200 with text/html, which no controller of OpenWhisk does; see APIHOST") {
			t.Errorf("%q: %v", from, err)
		}
	}
	s.controller.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "https://login.example/", http.StatusFound)
		return true
	}
	if _, _, err := s.try(t.Context(), false); err == nil || !strings.Contains(err.Error(), "answers 302, which no controller of OpenWhisk does") {
		t.Errorf("a redirect: %v", err)
	}
	s.controller.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/" {
			return false
		}
		page(w)
		return true
	}
	if _, _, err := s.try(t.Context(), false); err == nil || !strings.HasSuffix(err.Error(), "; name one in targets.openwhisk.kind") {
		t.Errorf("a root that is a page: %v", err)
	}
	s.app.KindsNamed = true
	if _, _, err := s.try(t.Context(), false); err != nil {
		t.Errorf("a root that is a page, with a kind of fngen.yaml: %v", err)
	}
}

// A feed that the platform no longer waits for is waited for, and what it says in the
// end is what is said.
func TestSlowFeed(t *testing.T) {
	s := newShop(t)
	s.controller.SlowFeeds = true
	s.deploy()
	s.env["ORDERS_BROKERS"] = "nonsense"
	_, _, err := s.try(t.Context(), false)
	const want = "trigger shop.queue.orders: start feed /whisk.system/messaging/kafkaFeed: the platform answers 502: You must supply a 'brokers' parameter as an array, not ***."
	if err == nil || err.Error() != want {
		t.Errorf("the error is %v", err)
	}
	s.env["ORDERS_BROKERS"] = "kafka-2.example:9092"
	s.deploy()
	if f, _ := s.controller.Feed("shop.queue.orders"); f.Inputs["brokers"] != "kafka-2.example:9092" {
		t.Errorf("the feed is %v", f)
	}
}

// A feed whose name was wrong does not stand in the way of the right one.
func TestWrongFeed(t *testing.T) {
	s := newShop(t)
	right := s.app.Deployment.Triggers[1].Feed
	s.app.Deployment.Triggers[1].Feed = "/whisk.system/messaging/kafkaFed"
	if _, _, err := s.try(t.Context(), false); err == nil {
		t.Fatal("there is such a feed")
	}
	s.app.Deployment.Triggers[1].Feed = right
	expect(t, "the plan is", s.deploy(), "change trigger shop.queue.orders: was not finished")
}

// Neither errors nor the log show a secret.
func TestSecrets(t *testing.T) {
	s := newShop(t)
	var log bytes.Buffer
	s.app.Log = &log
	s.controller.Before = func(_ int, w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodPost {
			return false
		}
		w.WriteHeader(http.StatusBadGateway)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": "cannot reach " + s.env["ORDERS_BROKERS"] + " as " + whisk.Key + "\n at " + s.env["REQUIRE_WHISK_AUTH"]})
		return true
	}
	_, _, err := s.try(t.Context(), false)
	if want := "the platform answers 502: cannot reach *** as *** at ***"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("the error is %v", err)
	}
	if !strings.Contains(log.String(), "PUT /api/v1/namespaces/_/actions/shop/audit?overwrite=true: ok\n") {
		t.Errorf("the log is\n%s", log.String())
	}
	for _, secret := range []string{whisk.Key, "kafka-1.example", "only-for-our-own-callers"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log shows %s", secret)
		}
	}
}

// Variables that are missing are said before anything is asked.
func TestVariables(t *testing.T) {
	s := newShop(t)
	s.env = map[string]string{"ORDERS_BROKERS": ""}
	if _, err := s.app.Plan(t.Context(), deploy.Options{}); err == nil || !strings.HasPrefix(err.Error(), "the environment has no ORDERS_BROKERS, REQUIRE_WHISK_AUTH;") {
		t.Errorf("the error is %v", err)
	}
	if n := len(s.controller.Requests()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// The platform's certificate is verified: by the system, or by targets.openwhisk.ca.
func TestCertificate(t *testing.T) {
	s := newShop(t)
	server := httptest.NewUnstartedServer(s.controller)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	if err := os.WriteFile(filepath.Join(s.app.Home, ".wskprops"), []byte("APIHOST="+server.URL+"\nAUTH="+whisk.Key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.try(t.Context(), false); err == nil || !strings.Contains(err.Error(), "targets.openwhisk.ca") {
		t.Errorf("an unknown authority: %v", err)
	}
	s.app.CA = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	s.deploy()
}

// The file of the platform's own command line is understood, also where that one
// drops a key with = in it.
func TestReadAccess(t *testing.T) {
	home := t.TempDir()
	file := filepath.Join(home, ".wskprops")
	other := filepath.Join(home, "other")
	for text, want := range map[string]string{
		"APIHOST=ow.example\nAUTH=id:key==\n":                                            "https://ow.example id:key== _",
		"# a comment\n\n  APIHOST = http://127.0.0.1:3233/ \r\nNAMESPACE=team\nAUTH=a:b": "http://127.0.0.1:3233 a:b team",
		"AUTH=id:key\n":                         "there is no APIHOST=",
		"APIHOST=ow.example\n":                  "has no AUTH=UUID:KEY",
		"APIHOST=ow.example\nAUTH=key\n":        "has no AUTH=UUID:KEY",
		"APIHOST=ow.example/api/v1\nAUTH=a:b\n": "APIHOST is no host",
		"APIHOST=ftp://ow.example\nAUTH=a:b\n":  "APIHOST is no host",
		"APIHOST=u:p@ow.example\nAUTH=a:b\n":    "APIHOST is no host",
	} {
		for _, name := range []string{file, other} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			env := func(string) string { return "" }
			if name == other {
				env = func(string) string { return other }
			}
			a, err := openwhisk.ReadAccess(env, home)
			got := a.Host + " " + a.Key + " " + a.Namespace
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(got, want) || err == nil && got != want {
				t.Errorf("%q: %s", text, got)
			}
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := openwhisk.ReadAccess(func(string) string { return "" }, home); err == nil || !strings.Contains(err.Error(), ".wskprops is not there; write APIHOST= and AUTH= into it") {
		t.Errorf("without a file: %v", err)
	}
}
