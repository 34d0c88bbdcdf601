// Package whisk is a controller of Apache OpenWhisk for tests, on loopback. It keeps
// packages, actions, triggers with their rules, and feeds, and merges what is sent
// with what is there as the controller does. Each behaviour names the file that it
// was read in, of core/controller/src/main/scala/org/apache/openwhisk/core/controller
// in https://github.com/apache/openwhisk at 1fae641 unless it says otherwise.
package whisk

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is what the controller takes, and Namespace is that of it.
const (
	Key       = "23bc46b1-71f6-4ed5-8c54-816aa4f8c502:123zO3xZCLrMN6v2BKK1dXYFpX=="
	Namespace = "guest"
)

// A Controller answers requests.
type Controller struct {
	URL   string
	Kinds []string // of Go, as the root lists them

	// Before is asked before a request is looked at, with how many came before; if it
	// answers by itself, it returns true. After is asked when it has taken effect,
	// and before the answer.
	Before, After func(n int, w http.ResponseWriter, r *http.Request) bool
	SlowFeeds     bool // feeds answer 202, as after a minute, and are done later

	mu       sync.Mutex
	requests []string
	entities map[string]map[string]any // by kind/NAME
	links    map[string]map[string]link
	feeds    map[string]Feed // by trigger
	records  map[string]map[string]any
}

// A link is what a trigger knows of a rule: ReducedRule in
// common/…/core/entity/WhiskTrigger.scala.
type link struct{ action, status string }

// A Feed fires a trigger.
type Feed struct {
	Feed   string
	Inputs map[string]any
}

// Start returns a controller that the test's end stops.
func Start(t testing.TB) *Controller {
	c, stop := New()
	t.Cleanup(stop)
	return c
}

// New returns a controller and what stops it.
func New() (*Controller, func()) {
	c := &Controller{Kinds: []string{"go:1.20"}, entities: map[string]map[string]any{}, links: map[string]map[string]link{}, feeds: map[string]Feed{}, records: map[string]map[string]any{}}
	server := httptest.NewServer(c)
	c.URL = server.URL
	return c, server.Close
}

// Props is the text of a .wskprops that leads here.
func (c *Controller) Props() string { return "APIHOST=" + c.URL + "\nAUTH=" + Key + "\n" }

// Requests returns the methods and paths of the requests so far, and forgets them.
func (c *Controller) Requests() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.requests
	c.requests = nil
	return out
}

// State is all that is there, without the versions, which count changes.
func (c *Controller) State() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]any{"feeds": c.feeds}
	for name, e := range c.entities {
		e = maps.Clone(e)
		delete(e, "version")
		var annotations []any
		for _, a := range e["annotations"].([]any) {
			a := maps.Clone(a.(map[string]any))
			if value, ok := a["value"].(map[string]any); ok {
				value = maps.Clone(value)
				delete(value, "version")
				a["value"] = value
			}
			annotations = append(annotations, a)
		}
		slices.SortFunc(annotations, func(a, b any) int {
			return strings.Compare(fmt.Sprint(a.(map[string]any)["key"]), fmt.Sprint(b.(map[string]any)["key"]))
		})
		e["annotations"] = annotations
		if trigger, ok := strings.CutPrefix(name, "triggers/"); ok {
			e["rules"] = fmt.Sprint(c.links[trigger])
		}
		out[name] = e
	}
	data, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		panic(err)
	}
	return string(data)
}

// Entity is one that is there, kind/NAME, nil for none.
func (c *Controller) Entity(name string) map[string]any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.entities[name]
}

// Feed is what fires the trigger.
func (c *Controller) Feed(trigger string) (Feed, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f, ok := c.feeds[trigger]
	return f, ok
}

// Fire is the number of actions that an event of the trigger starts: none is a 204,
// of which whoever fires learns nothing (activate in Triggers.scala).
func (c *Controller) Fire(trigger string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, l := range c.links[trigger] {
		if l.status == "active" {
			n++
		}
	}
	return n
}

// SetRule switches a rule on or off, as a person does.
func (c *Controller) SetRule(name, status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.setRule(name, status)
}

// Put creates or changes an entity, as a person does.
func (c *Controller) Put(name string, body map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	data, _ := json.Marshal(body)
	body = nil
	_ = json.Unmarshal(data, &body)
	kind, rest, _ := strings.Cut(name, "/")
	if status, answer := c.put(kind, rest, body); status != http.StatusOK {
		panic(fmt.Sprint(name, ": ", answer))
	}
}

// AddRecord adds the record of an activation.
func (c *Controller) AddRecord(id string, record map[string]any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.records[id] = record
}

// Delete removes an entity, as a person does.
func (c *Controller) Delete(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kind, rest, _ := strings.Cut(name, "/")
	c.remove(kind, rest)
}

func (c *Controller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	n := len(c.requests)
	path := r.URL.Path
	c.requests = append(c.requests, r.Method+" "+strings.TrimPrefix(path, "/api/v1/namespaces/"))
	before, after := c.Before, c.After
	c.mu.Unlock()
	if before != nil && before(n, w, r) {
		return
	}
	var body map[string]any
	if r.Method == http.MethodPut || r.Method == http.MethodPost {
		d := json.NewDecoder(r.Body)
		if err := d.Decode(&body); err != nil {
			answer(w, http.StatusBadRequest, failure("The request content was malformed"))
			return
		}
	}
	c.mu.Lock()
	status, value := c.answer(r, body)
	c.mu.Unlock()
	if after != nil && after(n, w, r) {
		return
	}
	answer(w, status, value)
}

func (c *Controller) answer(r *http.Request, body map[string]any) (int, any) {
	if r.URL.Path == "/" { // info in Controller.scala
		runtimes := []any{}
		for _, k := range c.Kinds {
			runtimes = append(runtimes, map[string]any{"kind": k, "deprecated": false, "default": true, "image": "openwhisk/action-golang-v" + strings.TrimPrefix(k, "go:")})
		}
		return http.StatusOK, map[string]any{"description": "OpenWhisk", "runtimes": map[string]any{"go": runtimes, "nodejs": []any{map[string]any{"kind": "nodejs:20"}}}}
	}
	// AuthenticatedRoute.scala
	if r.Header.Get("Authorization") != "Basic "+base64.StdEncoding.EncodeToString([]byte(Key)) {
		return http.StatusUnauthorized, failure("The supplied authentication is invalid")
	}
	path, ok := strings.CutPrefix(r.URL.Path, "/api/v1/namespaces")
	if !ok {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	if path == "" {
		return http.StatusOK, []string{Namespace}
	}
	namespace, rest, _ := strings.Cut(path[1:], "/")
	kind, name, named := strings.Cut(rest, "/")
	if namespace != "_" && namespace != Namespace {
		if r.Method == http.MethodPost && kind == "actions" {
			return c.feed("/"+namespace+"/"+name, body)
		}
		return http.StatusForbidden, failure("The supplied authentication is not authorized to access '" + namespace + "'.")
	}
	switch {
	case !named && kind == "activations":
		return http.StatusOK, c.activations(r)
	case !named:
		return http.StatusOK, c.list(r, kind)
	case kind == "activations":
		return c.activation(name)
	case r.Method == http.MethodGet:
		return c.get(kind, name)
	case r.Method == http.MethodPut:
		if c.entities[rest] != nil && r.URL.Query().Get("overwrite") != "true" { // putEntity in ApiUtils.scala
			return http.StatusConflict, failure("resource already exists")
		}
		return c.put(kind, name, body)
	case r.Method == http.MethodDelete:
		return c.remove(kind, name)
	case r.Method == http.MethodPost && kind == "rules":
		return c.setRule(name, fmt.Sprint(body["status"]))
	case r.Method == http.MethodPost && kind == "actions":
		return c.feed("/_/"+name, body)
	}
	return http.StatusMethodNotAllowed, failure("method")
}

func answer(w http.ResponseWriter, status int, value any) {
	if text, ok := value.(string); ok { // complete(OK): the text of the status
		w.Header().Set("Content-Type", "text/plain; charset=UTF-8")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// failure is ErrorResponse in common/…/http/ErrorResponse.scala.
func failure(text string) map[string]any { return map[string]any{"error": text, "code": "tid-7"} }

func (c *Controller) get(kind, name string) (int, any) {
	e := c.entities[kind+"/"+name]
	if e == nil {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	e = maps.Clone(e)
	switch kind {
	case "packages": // mergePackageWithBinding in Packages.scala: without code
		actions, feeds := []any{}, []any{}
		for _, full := range slices.Sorted(maps.Keys(c.entities)) {
			action, ok := strings.CutPrefix(full, "actions/"+name+"/")
			if !ok {
				continue
			}
			a := c.entities[full]
			short := map[string]any{"name": action, "version": a["version"], "annotations": a["annotations"]}
			if annotation(a, "feed") != nil { // WhiskPackage.scala
				feeds = append(feeds, short)
			} else {
				actions = append(actions, short)
			}
		}
		e["actions"], e["feeds"] = actions, feeds
	case "rules":
		e["status"] = c.status(name)
	}
	return http.StatusOK, e
}

// status is that of a rule, which its trigger has: getStatus in Rules.scala.
func (c *Controller) status(rule string) string {
	if l, ok := c.links[c.triggerOf(rule)][rule]; ok {
		return l.status
	}
	return "inactive"
}

func (c *Controller) triggerOf(rule string) string {
	trigger, _ := c.entities["rules/"+rule]["trigger"].(map[string]any)
	name, _ := trigger["name"].(string)
	return name
}

// list answers with summaries, 200 at most at once: Collection.scala.
func (c *Controller) list(r *http.Request, kind string) any {
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	skip, _ := strconv.Atoi(r.URL.Query().Get("skip"))
	out := []any{}
	for _, full := range slices.Sorted(maps.Keys(c.entities)) {
		name, ok := strings.CutPrefix(full, kind+"/")
		if !ok {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(out) == min(limit, 200) {
			break
		}
		e := c.entities[full]
		short := map[string]any{"namespace": Namespace, "name": name, "version": e["version"], "annotations": e["annotations"], "publish": false}
		if kind == "rules" { // with their documents, and without a status
			short["trigger"], short["action"] = e["trigger"], e["action"]
		}
		out = append(out, short)
	}
	return out
}

func (c *Controller) put(kind, name string, body map[string]any) (int, any) {
	full := kind + "/" + name
	old := c.entities[full]
	e := map[string]any{"namespace": Namespace, "name": name[strings.LastIndex(name, "/")+1:], "parameters": []any{}, "annotations": []any{}, "version": "0.0.1"}
	if old != nil {
		maps.Copy(e, old)
		e["version"] = upPatch(fmt.Sprint(old["version"]))
	}
	for _, member := range []string{"version", "parameters"} {
		if body[member] != nil {
			e[member] = body[member]
		}
	}
	sent, _ := body["annotations"].([]any)
	switch kind {
	case "packages", "triggers": // replaced: update in Packages.scala and in Triggers.scala
		if sent != nil {
			e["annotations"] = sent
		}
	case "actions":
		pkg, _, inPackage := strings.Cut(name, "/")
		if inPackage && c.entities["packages/"+pkg] == nil {
			return http.StatusNotFound, failure("The requested resource does not exist.")
		}
		if status, answer := c.putAction(e, old, body, sent); status != http.StatusOK {
			return status, answer
		}
	case "rules":
		if status, answer := c.putRule(name, e, old, body, sent); status != http.StatusOK {
			return status, answer
		}
	}
	c.entities[full] = e
	return c.get(kind, name)
}

// putAction merges annotations, of which delAnnotations are taken out before, and
// limits: updateWhiskAction in Actions.scala.
func (c *Controller) putAction(e, old, body map[string]any, sent []any) (int, any) {
	exec, _ := body["exec"].(map[string]any)
	switch {
	case exec == nil && old == nil:
		return http.StatusBadRequest, failure("exec undefined")
	case exec != nil && !slices.Contains(c.Kinds, fmt.Sprint(exec["kind"])): // Exec.scala
		return http.StatusBadRequest, failure(fmt.Sprintf("The request content was malformed:\nkind '%v' not in Set(%s)", exec["kind"], strings.Join(c.Kinds, ", ")))
	case exec != nil:
		e["exec"] = exec
	}
	limits, _ := e["limits"].(map[string]any)
	merged := map[string]any{"timeout": 60000.0, "memory": 256.0, "logs": 10.0}
	maps.Copy(merged, limits)
	if sent, _ := body["limits"].(map[string]any); sent != nil {
		maps.Copy(merged, sent)
	}
	e["limits"] = merged
	annotations := []any{}
	if old != nil {
		gone, _ := body["delAnnotations"].([]any)
		for _, a := range old["annotations"].([]any) {
			if !slices.Contains(gone, a.(map[string]any)["key"]) {
				annotations = append(annotations, a)
			}
		}
	}
	kind := e["exec"].(map[string]any)["kind"]
	for _, a := range append(slices.Clone(sent), map[string]any{"key": "exec", "value": kind}) { // execAnnotation
		key := a.(map[string]any)["key"]
		annotations = slices.DeleteFunc(annotations, func(b any) bool { return b.(map[string]any)["key"] == key })
		annotations = append(annotations, a)
	}
	e["annotations"] = annotations
	return http.StatusOK, nil
}

// putRule has the status of the old trigger, if a rule is there already, and else an
// active one: create and update in Rules.scala.
func (c *Controller) putRule(name string, e, old, body map[string]any, sent []any) (int, any) {
	if sent != nil {
		e["annotations"] = sent
	}
	resolve := func(member string) map[string]any {
		text, _ := body[member].(string)
		parts := strings.Split(strings.TrimPrefix(text, "/"), "/")
		parts[0] = strings.Replace(parts[0], "_", Namespace, 1)
		return map[string]any{"path": strings.Join(parts[:len(parts)-1], "/"), "name": parts[len(parts)-1]}
	}
	trigger, action := resolve("trigger"), resolve("action")
	actionName := strings.TrimPrefix(fmt.Sprint(action["path"], "/", action["name"]), Namespace+"/")
	if c.entities[fmt.Sprint("triggers/", trigger["name"])] == nil {
		return http.StatusBadRequest, failure(fmt.Sprintf("trigger /%s/%s does not exist", Namespace, trigger["name"]))
	}
	if c.entities["actions/"+actionName] == nil {
		return http.StatusBadRequest, failure(fmt.Sprintf("action /%s/%s does not exist", Namespace, actionName))
	}
	status := "active"
	if old != nil {
		status = c.status(name)
		delete(c.links[c.triggerOf(name)], name)
	}
	e["trigger"], e["action"] = trigger, action
	delete(e, "parameters")
	to := fmt.Sprint(trigger["name"])
	if c.links[to] == nil {
		c.links[to] = map[string]link{}
	}
	c.links[to][name] = link{actionName, status}
	return http.StatusOK, nil
}

// setRule is activate in Rules.scala.
func (c *Controller) setRule(name, status string) (int, any) {
	if c.entities["rules/"+name] == nil {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	trigger := c.triggerOf(name)
	if c.entities["triggers/"+trigger] == nil {
		return http.StatusNotFound, failure("Only rules with existing triggers can be activated")
	}
	action := c.entities["rules/"+name]["action"].(map[string]any)
	if c.links[trigger] == nil {
		c.links[trigger] = map[string]link{}
	}
	c.links[trigger][name] = link{strings.TrimPrefix(fmt.Sprint(action["path"], "/", action["name"]), Namespace+"/"), status}
	return http.StatusOK, "OK"
}

// remove leaves the rules of a trigger that is gone (remove in Triggers.scala), and
// refuses a package with actions (Packages.scala).
func (c *Controller) remove(kind, name string) (int, any) {
	full := kind + "/" + name
	e := c.entities[full]
	if e == nil {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	switch kind {
	case "packages":
		for other := range c.entities {
			if strings.HasPrefix(other, "actions/"+name+"/") {
				return http.StatusConflict, failure("Package not empty (contains 1 entity). Set force param or delete package contents.")
			}
		}
	case "triggers":
		delete(c.links, name)
	case "rules":
		delete(c.links[c.triggerOf(name)], name)
	}
	delete(c.entities, full)
	return http.StatusOK, e
}

// feed does what the feeds of the catalog do: ensureTriggerIsUnique, getTrigger and
// deleteTrigger in action/lib/Database.js of
// https://github.com/apache/openwhisk-package-kafka and -alarms. The result of an
// action that fails is a 502 (doInvoke in Actions.scala).
func (c *Controller) feed(feed string, body map[string]any) (int, any) {
	if !slices.Contains([]string{"/whisk.system/messaging/kafkaFeed", "/whisk.system/alarms/alarm", "/whisk.system/alarms/interval", "/whisk.system/cloudant/changes"}, feed) {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	status, value := c.life(feed, body)
	if !c.SlowFeeds {
		return status, value
	}
	id := fmt.Sprintf("%032x", len(c.records))
	c.records[id] = map[string]any{"activationId": id, "name": "feed", "response": map[string]any{"success": status == http.StatusOK, "result": value}, "pending": 2}
	return http.StatusAccepted, map[string]any{"activationId": id}
}

func (c *Controller) life(feed string, body map[string]any) (int, any) {
	name, _ := body["triggerName"].(string)
	name = strings.TrimPrefix(name, "/_/")
	if body["authKey"] != Key {
		return http.StatusBadGateway, map[string]any{"error": "Trigger authentication request failed."}
	}
	there, exists := c.feeds[name]
	switch body["lifecycleEvent"] {
	case "CREATE":
		if c.entities["triggers/"+name] == nil {
			return http.StatusBadGateway, map[string]any{"error": map[string]any{"error": "Trigger authentication request failed.", "statusCode": 404}}
		}
		if exists {
			return http.StatusBadGateway, map[string]any{"error": "Trigger already exists."}
		}
		inputs := maps.Clone(body)
		for _, key := range []string{"triggerName", "authKey", "lifecycleEvent"} {
			delete(inputs, key)
		}
		if feed == "/whisk.system/messaging/kafkaFeed" && inputs["brokers"] == "nonsense" {
			return http.StatusBadGateway, map[string]any{"error": map[string]any{"statusCode": 400, "body": "You must supply a 'brokers' parameter as an array, not nonsense."}}
		}
		c.feeds[name] = Feed{feed, inputs}
	case "DELETE":
		if !exists || there.Feed != feed {
			return http.StatusBadGateway, map[string]any{"error": map[string]any{"statusCode": 404, "error": "could not find trigger " + name + " in the database"}}
		}
		delete(c.feeds, name)
	default:
		return http.StatusBadGateway, map[string]any{"error": "unsupported lifecycleEvent"}
	}
	return http.StatusOK, map[string]any{"status": "success"}
}

// activation is a record, or its logs: Activations.scala. There is none before it
// has ended.
func (c *Controller) activation(name string) (int, any) {
	id, part, _ := strings.Cut(name, "/")
	record := c.records[id]
	if pending, _ := record["pending"].(int); pending > 0 {
		record["pending"] = pending - 1
		record = nil
	}
	if record == nil {
		return http.StatusNotFound, failure("The requested resource does not exist.")
	}
	if part == "logs" {
		return http.StatusOK, map[string]any{"logs": record["logs"]}
	}
	return http.StatusOK, record
}

// activations lists the newest first, of one action by its name with the package.
func (c *Controller) activations(r *http.Request) any {
	q := r.URL.Query()
	since, _ := strconv.ParseInt(q.Get("since"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	skip, _ := strconv.Atoi(q.Get("skip"))
	var found []map[string]any
	for _, record := range c.records {
		start, _ := record["start"].(int64)
		if start >= since && (q.Get("name") == "" || record["action"] == q.Get("name")) {
			found = append(found, record)
		}
	}
	slices.SortFunc(found, func(a, b map[string]any) int { return int(b["start"].(int64) - a["start"].(int64)) })
	found = found[min(skip, len(found)):]
	found = found[:min(limit, len(found))]
	out := []any{}
	for _, record := range found {
		short := maps.Clone(record)
		delete(short, "logs")
		delete(short, "action")
		out = append(out, short)
	}
	return out
}

func annotation(e map[string]any, key string) any {
	for _, a := range e["annotations"].([]any) {
		if a := a.(map[string]any); a["key"] == key {
			return a["value"]
		}
	}
	return nil
}

// Annotation is one of an entity that is there.
func (c *Controller) Annotation(name, key string) any {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entities[name] == nil {
		return nil
	}
	return annotation(c.entities[name], key)
}

// upPatch is SemVer.upPatch in common/…/core/entity/SemVer.scala.
func upPatch(version string) string {
	var major, minor, patch int
	fmt.Sscanf(version, "%d.%d.%d", &major, &minor, &patch)
	return fmt.Sprintf("%d.%d.%d", major, minor, patch+1)
}

// Drop breaks the connection off.
func Drop(w http.ResponseWriter) {
	if h, ok := w.(http.Hijacker); ok {
		if conn, _, err := h.Hijack(); err == nil {
			conn.Close()
		}
	}
}

// Slow waits, unless the client is gone before, which is noticed once the body is
// read.
func Slow(r *http.Request, d time.Duration) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	select {
	case <-time.After(d):
	case <-r.Context().Done():
	}
}
