package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fnhttp"
)

// An httpApp is an application as people write them, and requests to it.
type httpApp struct {
	name    string
	handler http.Handler
	cases   []httpCase
}

// httpApps returns the applications of the table.
func httpApps(t testing.TB) []httpApp {
	upstream := httptest.NewServer(tableHandler())
	t.Cleanup(upstream.Close)
	return []httpApp{
		{"table", tableHandler(), httpCases()},
		{"file server", fileServer(), fileCases()},
		{"chi", chiRouter(), chiCases()},
		{"CORS", fnhttp.CORS(tableHandler(), "https://a.example", "https://b.example"), corsCases()},
		{"events", eventRoutes(), eventCases()},
		{"reverse proxy", http.StripPrefix("/proxy", reverseProxy(t, upstream.URL)), below("/proxy", httpCases())},
	}
}

// below returns the cases with their paths below the prefix.
func below(prefix string, cases []httpCase) []httpCase {
	for i := range cases {
		cases[i].wire.Target = prefix + cases[i].wire.Target
	}
	return cases
}

func fileServer() http.Handler {
	return http.StripPrefix("/files", http.FileServerFS(fstest.MapFS{
		"a b.txt":        {Data: []byte("text\n"), ModTime: modified},
		"dir/index.html": {Data: []byte("<p>index</p>"), ModTime: modified},
		"logo.png":       {Data: []byte("\x89PNG\r\n\x1a\n\x00\xff"), ModTime: modified},
		"data.bin":       {Data: everyByte(), ModTime: modified},
	}))
}

func fileCases() []httpCase {
	return []httpCase{
		get("file", "/files/a%20b.txt"),
		get("binary", "/files/data.bin"),
		get("image", "/files/logo.png"),
		get("not there", "/files/none"),
		get("folder", "/files/dir/"),
		get("folder without its slash", "/files/dir"),
		get("index by name", "/files/dir/index.html"),
		get("list", "/files/"),
		get("range", "/files/data.bin", "Range", "bytes=250-"),
		get("not modified", "/files/logo.png", "If-Modified-Since", "Sun, 01 Mar 2026 12:00:00 GMT"),
		sent("HEAD", "HEAD", "/files/logo.png", nil),
		sent("POST", "POST", "/files/a%20b.txt", []byte("a")),
	}
}

func chiRouter() http.Handler {
	r := chi.NewRouter()
	r.Use(middleware.RequestID, middleware.Recoverer, middleware.CleanPath, middleware.StripSlashes, middleware.Timeout(time.Minute),
		middleware.GetHead, middleware.Compress(5, "text/plain"), middleware.SetHeader("X-Frame-Options", "DENY"), middleware.Heartbeat("/ping"))
	r.Get("/items/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%q of %s", chi.URLParam(r, "id"), middleware.GetReqID(r.Context()))
	})
	r.With(middleware.AllowContentType("application/json"), middleware.NoCache).Post("/items", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.Copy(w, r.Body)
	})
	r.Route("/admin", func(r chi.Router) {
		r.Use(middleware.BasicAuth("shop", map[string]string{"ann": "secret"}))
		r.Get("/*", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "admin of %q", chi.URLParam(r, "*")) })
	})
	return r
}

func chiCases() []httpCase {
	id := []string{"X-Request-Id", "r-1"}
	return []httpCase{
		get("parameter", "/items/7", id...),
		get("parameter with a space", "/items/a%20b", id...),
		get("parameter with an encoded slash", "/items/a%2Fb", id...),
		get("parameter with Unicode", "/items/Z%C3%BCrich", id...),
		get("slash at the end", "/items/7/", id...),
		get("compressed", "/items/7", append(id, "Accept-Encoding", "gzip")...),
		sent("HEAD", "HEAD", "/items/7", nil, id...),
		sent("POST", "POST", "/items", []byte(`{"a":1}`), "Content-Type", "application/json"),
		sent("another content type", "POST", "/items", []byte(`a=1`), "Content-Type", "text/plain"),
		sent("method not allowed", "DELETE", "/items/7", nil),
		get("not found", "/none"),
		get("not authorized", "/admin/a"),
		get("authorized", "/admin/a/b", "Authorization", "Basic YW5uOnNlY3JldA=="),
		get("heartbeat", "/ping"),
	}
}

func corsCases() []httpCase {
	origin := []string{"Origin", "https://b.example"}
	preflight := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type"}
	return []httpCase{
		sent("preflight", "OPTIONS", "/items/7", nil, append(origin, preflight...)...),
		sent("preflight of another origin", "OPTIONS", "/items/7", nil, append([]string{"Origin", "https://c.example"}, preflight...)...),
		sent("plain OPTIONS", "OPTIONS", "/echo/", nil, origin...),
		get("request", "/items/7", origin...),
		get("request of another origin", "/items/7", "Origin", "https://c.example"),
		get("failure", "/none", origin...),
		get("several values", "/header?fields=Vary%3DAccept", origin...),
	}
}

// eventRoutes is an application of events, routed as a generated one.
func eventRoutes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /orders", fnhttp.Batch(fn.Reply(func(_ context.Context, order struct{ ID string }) (*fn.Event, error) {
		if order.ID == "retry" {
			return nil, fn.RetryAfter(errors.New("no stock"), 9*time.Second)
		}
		reply := &fn.Event{Context: &event.EventContextV1{ID: "c-" + order.ID, Type: "com.example.order.confirmed"}}
		reply.SetSubject("Zürich")
		return reply, reply.SetData("application/json", order)
	}), "/shop/orders"))
	mux.Handle("OPTIONS /orders", fnhttp.Handshake("POST"))
	return mux
}

func eventCases() []httpCase {
	event := func(id string) string {
		return `{"specversion":"1.0","id":"1","source":"/shop","type":"com.example.order.placed","data":{"ID":"` + id + `"}}`
	}
	batch := func(name string, ids ...string) httpCase {
		var elements []string
		for _, id := range ids {
			elements = append(elements, event(id))
		}
		return sent("batch "+name, "POST", "/orders", []byte("["+strings.Join(elements, ",")+"]"), "Content-Type", "application/cloudevents-batch+json")
	}
	return []httpCase{
		sent("plain", "POST", "/orders", []byte(`{"ID":"7"}`), "Content-Type", "application/json"),
		sent("plain, broken", "POST", "/orders", []byte(`{"ID":`), "Content-Type", "application/json"),
		sent("binary", "POST", "/orders", []byte(`{"ID":"7"}`), "Content-Type", "application/json",
			"ce-specversion", "1.0", "ce-id", "1", "ce-source", "/shop", "ce-type", "com.example.order.placed", "ce-subject", "Z%C3%BCrich"),
		sent("structured", "POST", "/orders", []byte(event("7")), "Content-Type", "application/cloudevents+json; charset=utf-8"),
		sent("structured, to be retried", "POST", "/orders", []byte(event("retry")), "Content-Type", "application/cloudevents+json"),
		sent("of another format", "POST", "/orders", []byte("x"), "Content-Type", "application/cloudevents+avro"),
		batch("empty"), batch("done", "1", "2"), batch("to be retried", "1", "retry"),
		sent("batch, broken", "POST", "/orders", []byte("{}"), "Content-Type", "application/cloudevents-batch+json"),
		sent("handshake", "OPTIONS", "/orders", nil, "WebHook-Request-Origin", "sender.example", "WebHook-Request-Rate", "120"),
		sent("plain OPTIONS", "OPTIONS", "/orders", nil),
		get("method not allowed", "/orders"),
	}
}

// reverseProxy hands requests on to the server at the URL, whose bodies it
// leaves as they are.
func reverseProxy(t testing.TB, target string) http.Handler {
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(u) }}
}
