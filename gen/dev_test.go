package gen_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/gen/internal/testkit"
	"github.com/fngen/fngen/internal/testkit/repository"
)

// An application of a chain: what is placed goes to a topic, and from there to
// another one. What fails there goes to dead letters.
const chain = `
-- shop.go --
package shop

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cloudevents/sdk-go/v2/event"

	"github.com/fngen/fngen/fn"
)

//fn:http POST /orders auth=public
//fn:sink topic:placed type=com.example.order.placed
func Place(ctx context.Context, order string) (string, error) {
	e := event.New()
	if err := e.SetData("text/plain", order); err != nil {
		return "", err
	}
	return "placed", fn.Emit(ctx, e)
}

//fn:topic placed
//fn:sink topic:picked type=com.example.order.picked
//fn:deadletter lost
func Pick(ctx context.Context, order string) (string, error) {
	fmt.Println("picking", order)
	if strings.HasPrefix(order, "any") && rand.IntN(3) == 0 {
		return "", fmt.Errorf("nothing is there for now")
	}
	if strings.HasPrefix(order, "bad") {
		return "", fn.Permanent(fmt.Errorf("nothing is there"))
	}
	return order, nil
}

// Lost takes what could not be picked.
//
//fn:queue lost letters
func Lost(ctx context.Context, e event.Event) error {
	fmt.Println("lost", e.Extensions()["deadletterreason"])
	return note("lost", string(e.Data()))
}

//fn:schedule "0 3 1 1 *"
func Yearly(ctx context.Context, tick fn.Tick) error {
	fmt.Println("tick", tick.Scheduled.UTC().Format(time.RFC3339))
	return nil
}

//fn:topic picked
func Mail(ctx context.Context, order string) error {
	fmt.Println("mailing", order)
	return note("mailed", order)
}

// note adds a line to the file of the name in the home of all functions.
func note(name, text string) error {
	f, err := os.OpenFile(filepath.Join(os.Getenv("HOME"), name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = fmt.Fprintln(f, text)
	return err
}

// Stream writes a part, waits until there is the file that the request names, and
// writes another one. It says if its context ends before.
//
//fn:http GET /stream auth=public stream
//fn:targets aws,gcp
func Stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "one\n")
	http.NewResponseController(w).Flush()
	for {
		if r.Context().Err() != nil {
			note("left", r.URL.Query().Get("file"))
			return
		}
		if _, err := os.Stat(r.URL.Query().Get("file")); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	io.WriteString(w, "two\n")
}

// Wait waits until there is the file that the request names, and answers which
// process it is.
//
//fn:http GET /wait auth=public
func Wait(w http.ResponseWriter, r *http.Request) {
	slog.InfoContext(r.Context(), "waiting for "+r.URL.Query().Get("file"))
	for {
		if _, err := os.Stat(r.URL.Query().Get("file")); err == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	fmt.Fprint(w, os.Getpid())
}

//fn:http GET /crash auth=public
func Crash(w http.ResponseWriter, r *http.Request) { os.Exit(3) }
-- version.go --
package shop

import (
	"fmt"
	"net/http"
)

//fn:http GET /version auth=public
func Version(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, 0) }
`

// A dev is an application that runs.
type dev struct {
	dir, address string
	ahead        atomic.Int64 // nanoseconds of its clock

	mu   sync.Mutex
	out  bytes.Buffer
	few  bool
	end  context.CancelFunc
	done chan error
}

func (d *dev) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.few && (bytes.Contains(b, []byte(`"kind":"answered"`)) || bytes.Contains(b, []byte(`"kind":"delivered"`))) {
		return len(b), nil
	}
	return d.out.Write(b)
}

// keepFew has it forget what went well.
func (d *dev) keepFew() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.few = true
}

// notes are those whose line has all of the texts.
func (d *dev) notes(texts ...string) (out []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for line := range strings.Lines(d.out.String()) {
		has := true
		for _, text := range texts {
			has = has && strings.Contains(line, text)
		}
		if has {
			out = append(out, line)
		}
	}
	return out
}

// again is what eventually is told of what goes on.
const again = "again"

func eventually(t *testing.T, what func() string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		missing := what()
		switch missing {
		case "":
			return
		case again:
			deadline = time.Now().Add(time.Minute)
		}
		if time.Now().After(deadline) {
			t.Fatal(missing)
		}
	}
}

// want waits for a note with the texts.
func (d *dev) want(t *testing.T, texts ...string) {
	t.Helper()
	eventually(t, func() string {
		if len(d.notes(texts...)) > 0 {
			return ""
		}
		return fmt.Sprintf("nothing says %q:\n%s", texts, strings.Join(d.notes(), ""))
	})
}

func startDev(t *testing.T, target string) *dev {
	t.Helper()
	return startDevOf(t, target, chain)
}

// startDevOf runs the application of the files, which are a txtar.
func startDevOf(t *testing.T, target, files string) *dev {
	t.Helper()
	testkit.FromCache(t)
	d := &dev{dir: t.TempDir(), done: make(chan error, 1)}
	root, err := repository.Root()
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	testkit.Shop(t, d.dir, append(txtar.Parse([]byte(files)).Files, txtar.File{Name: "go.sum", Data: sum})...)
	get := exec.Command("go", "get", "./...")
	get.Dir = d.dir
	if out, err := get.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d.address = l.Addr().String()
	l.Close()
	ctx, cancel := context.WithCancel(context.Background())
	d.end = cancel
	p, err := gen.Open(ctx, gen.Options{Dir: d.dir, Targets: []string{target}, Local: true})
	if err != nil {
		t.Fatal(err)
	}
	p.SetClock(func() time.Time { return time.Now().Add(time.Duration(d.ahead.Load())) })
	go func() {
		defer p.Close()
		d.done <- p.Dev(ctx, nil, d.address, d, true, false)
	}()
	t.Cleanup(cancel)
	d.want(t, `"kind":"serving"`)
	return d
}

// stop ends it, which is no error.
func (d *dev) stop(t *testing.T) {
	t.Helper()
	d.end()
	if err := <-d.done; err != nil {
		t.Error(err)
	}
}

func (d *dev) url(path string) string { return "http://" + d.address + path }

// ask sends the request and returns the response with its body.
func (d *dev) ask(t *testing.T, method, path, body string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, d.url(path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "text/plain")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(text)
}

func (d *dev) setVersion(t *testing.T, n int) {
	t.Helper()
	text := fmt.Sprintf("package shop\n\nimport (\n\t\"fmt\"\n\t\"net/http\"\n)\n\n//fn:http GET /version auth=public\nfunc Version(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, %d) }\n", n)
	name := filepath.Join(d.dir, "version.go")
	if err := os.WriteFile(name+".tmp", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(name+".tmp", name); err != nil {
		t.Fatal(err)
	}
}

// On every platform what a function sends arrives at those that listen, what can
// never succeed is a dead letter, a process that ends is followed by another one,
// and what is streamed arrives as it is written.
func TestDev(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	for _, target := range gen.Targets() {
		t.Run(target, func(t *testing.T) {
			d := startDev(t, target)
			if resp, body := d.ask(t, "POST", "/orders", "o-1"); resp.StatusCode != 200 || body != "placed" || resp.Header.Get("X-Fngen-Build") != "1" {
				t.Errorf("%s %q %v", resp.Status, body, resp.Header)
			}
			d.want(t, `"function":"place"`, `"from":"POST /orders"`, `"emissions":["topic placed"]`)
			d.want(t, `"kind":"delivered"`, `"function":"pick"`, `"fate":"acknowledged"`, "picking o-1", `"emissions":["topic picked"]`)
			d.want(t, `"kind":"delivered"`, `"function":"mail"`, `"fate":"acknowledged"`, "mailing o-1")

			d.ask(t, "POST", "/orders", "bad")
			letters := "queue lost"
			if target == "openwhisk" {
				letters = "topic lost"
			}
			d.want(t, `"kind":"delivered"`, `"function":"pick"`, "picking bad", `"emissions":["`+letters+`"]`)
			d.want(t, `"kind":"delivered"`, `"function":"lost"`, `"fate":"acknowledged"`, "lost nothing is there")

			for range 2 {
				if resp, _ := d.ask(t, "GET", "/crash", ""); resp.StatusCode < 500 {
					t.Errorf("a process that ends answers %s", resp.Status)
				}
			}
			d.want(t, `"function":"crash"`, `"failure":"`)
			if resp, body := d.ask(t, "GET", "/version", ""); resp.StatusCode != 200 || body != "0" {
				t.Errorf("%s %q", resp.Status, body)
			}
			if resp, _ := d.ask(t, "GET", "/nothing", ""); resp.StatusCode != 404 || resp.Header.Get("X-Fngen-Build") != "1" {
				t.Errorf("a route of nobody: %s", resp.Status)
			}
			if target != "openwhisk" {
				d.testStream(t)
				d.testLeft(t, target)
			}
			d.testBusy(t, target)
			d.testPage(t)
			d.testClock(t, target)
			d.stop(t)
			d.want(t, `"kind":"ended"`)
		})
	}
}

// testPage has a schedule run now and a request sent again by the page's forms.
func (d *dev) testPage(t *testing.T) {
	t.Helper()
	_, page := d.ask(t, "GET", "/_fngen/", "")
	row := regexp.MustCompile(`id="e(\d+)"[^\n]*\n[^\n]*answered 200[^\n]*POST /orders → topic placed`).FindStringSubmatch(page)
	if row == nil {
		t.Fatalf("the page has no requests: %s", page)
	}
	for path, form := range map[string]url.Values{"run": {"function": {"yearly"}}, "repeat": {"number": {row[1]}}} {
		resp, err := http.PostForm(d.url("/_fngen/"+path), form)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("%s: %s", path, resp.Status)
		}
	}
	d.want(t, `"kind":"delivered"`, `"function":"yearly"`, `"from":"schedule yearly"`, fmt.Sprint("tick ", time.Now().Year()), `"fate":"acknowledged"`)
	eventually(t, func() string {
		if n := len(d.notes(`"kind":"answered"`, `"from":"POST /orders"`)); n != 3 {
			return fmt.Sprintf("%d requests are answered, of which one was sent again", n)
		}
		return ""
	})
}

// testClock sets the clock to a little after the time at which a schedule fires,
// which it does once then. On OpenWhisk nothing says when it was due.
func (d *dev) testClock(t *testing.T, target string) {
	t.Helper()
	due := time.Date(time.Now().Year()+1, 1, 1, 3, 0, 0, 0, time.UTC)
	tick := "tick " + due.Format(time.RFC3339)
	if target == "openwhisk" {
		tick = "tick "
	}
	const kind, function = `"kind":"delivered"`, `"function":"yearly"`
	before := len(d.notes(kind, function))
	d.ahead.Store(int64(time.Until(due.Add(time.Second))))
	d.ask(t, "POST", "/orders", "late") // after which the broker looks at its clock
	eventually(t, func() string {
		if n := len(d.notes(kind, function, tick, `"fate":"acknowledged"`)); n == 0 || target == "openwhisk" && n == before {
			return "the schedule has not fired: " + strings.Join(d.notes(function), "")
		}
		return ""
	})
	d.want(t, kind, `"function":"mail"`, "mailing late")
	if ticks := d.notes(kind, function); len(ticks) != before+1 {
		t.Errorf("it fires more than once: %s", ticks)
	}
}

// testBusy sends a request while another one is not answered: it waits for none.
// On Google both have the same process, elsewhere each has its own. What is logged
// belongs to its own request.
func (d *dev) testBusy(t *testing.T, target string) {
	t.Helper()
	first, second := filepath.Join(t.TempDir(), "first"), filepath.Join(t.TempDir(), "second")
	blocked := make(chan string)
	go func() {
		defer close(blocked)
		resp, err := http.Get(d.url("/wait?file=" + first))
		if err != nil {
			t.Error(err)
			return
		}
		defer resp.Body.Close()
		pid, _ := io.ReadAll(resp.Body)
		blocked <- string(pid)
	}()
	d.setFile(t, second)
	time.Sleep(300 * time.Millisecond) // the first one has arrived by then, or the test sees less
	_, two := d.ask(t, "GET", "/wait?file="+second, "")
	d.setFile(t, first)
	one := <-blocked
	if (one == two) != (target == "gcp") {
		t.Errorf("the processes are %s and %s", one, two)
	}
	for _, file := range []string{first, second} {
		d.want(t, `"function":"wait"`, `"from":"GET /wait?file=`+file+`"`, "waiting for "+file)
	}
}

func (d *dev) setFile(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(name, nil, 0o644); err != nil {
		t.Error(err)
	}
}

func (d *dev) testStream(t *testing.T) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	resp, err := http.Get(d.url("/stream?file=" + file))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := bufio.NewReader(resp.Body)
	if line, err := r.ReadString('\n'); line != "one\n" || err != nil {
		t.Fatalf("%q, %v", line, err)
	}
	other := filepath.Join(t.TempDir(), "other") // which waits for nobody
	d.setFile(t, other)
	if resp, body := d.ask(t, "GET", "/stream?file="+other, ""); resp.StatusCode != 200 || body != "one\ntwo\n" {
		t.Errorf("%s %q", resp.Status, body)
	}
	d.setFile(t, file)
	if rest, err := io.ReadAll(r); string(rest) != "two\n" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
	d.want(t, `"function":"stream"`, `"status":200`)
}

// testLeft has more clients leave than there are processes, each while its stream is
// written: on Google the function is told, on AWS it goes on. Neither is in the way
// of who comes next.
func (d *dev) testLeft(t *testing.T, target string) {
	t.Helper()
	file, other := filepath.Join(t.TempDir(), "file"), filepath.Join(t.TempDir(), "other")
	const clients = 11
	for range clients {
		ctx, leave := context.WithCancel(t.Context())
		defer leave()
		r, err := http.NewRequestWithContext(ctx, "GET", d.url("/stream?file="+file), nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(resp.Body).ReadString('\n'); line != "one\n" {
			t.Fatalf("%q, %v", line, err)
		}
		leave()
		resp.Body.Close()
	}
	d.setFile(t, other)
	if resp, body := d.ask(t, "GET", "/stream?file="+other, ""); resp.StatusCode != 200 || body != "one\ntwo\n" {
		t.Errorf("%s %q", resp.Status, body)
	}
	from := `"from":"GET /stream?file=` + file + `"`
	if target == "gcp" {
		d.want(t, from, `"status":499`, "the client is gone")
		eventually(t, func() string {
			left, _ := os.ReadFile(filepath.Join(d.dir, ".fngen/home/left"))
			if n := strings.Count(string(left), file); n != clients {
				return fmt.Sprintf("%d of %d functions know that their clients are gone", n, clients)
			}
			return ""
		})
		return
	}
	if early := d.notes(from); len(early) > 0 {
		t.Errorf("functions end with their clients: %s", early)
	}
	d.setFile(t, file)
	eventually(t, func() string {
		if n := len(d.notes(from, `"status":200`)); n != clients {
			return fmt.Sprintf("%d of %d functions have gone on", n, clients)
		}
		return ""
	})
}

// A hundred saves in ten seconds end on the last one: a build that is obsolete is
// given up, and what is delivered meanwhile is handled once.
func TestDevSaves(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	d := startDev(t, "aws")
	const saves = 100
	for n := range saves {
		d.setVersion(t, n+1)
		if n%10 == 0 {
			if resp, body := d.ask(t, "POST", "/orders", fmt.Sprintf("o-%d-", n)); resp.StatusCode != 200 {
				t.Errorf("%s %s", resp.Status, body)
			}
		}
		time.Sleep(100 * time.Millisecond) // between saves
	}
	eventually(t, func() string {
		if _, body := d.ask(t, "GET", "/version", ""); body != fmt.Sprint(saves) {
			return "the version that answers is " + body
		}
		return ""
	})
	for n := 0; n < saves; n += 10 {
		d.want(t, `"function":"mail"`, fmt.Sprintf("mailing o-%d-", n))
	}
	if got := len(d.notes(`"function":"mail"`, `"kind":"delivered"`)); got != saves/10 {
		t.Errorf("%d deliveries, want %d", got, saves/10)
	}
	if builds := d.notes(`"kind":"serving"`); len(builds) > saves/4 {
		t.Errorf("%d builds were served; those that are obsolete are to be given up", len(builds))
	}
	for _, line := range d.notes(`"kind":"stale"`) {
		t.Errorf("a build that is given up is told of: %s", line)
	}
	d.stop(t)
	var last struct{ Text string }
	lines := d.notes()
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &last); err != nil || last.Text != "nothing was waiting" {
		t.Errorf("it ends with %q, %v", last.Text, err)
	}
}

// Through five builds each order that was taken ends where it should, or among
// the dead letters, though a function fails at random, and what is kept of them is
// bounded. FNGEN_DEV_ORDERS says how many there are.
func TestDevMessages(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	orders := 500
	if text := os.Getenv("FNGEN_DEV_ORDERS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		orders = n
	}
	for _, target := range gen.Targets() {
		t.Run(target, func(t *testing.T) { testMessages(t, target, orders) })
	}
}

func testMessages(t *testing.T, target string, orders int) {
	const builds, clients, memory = 5, 4, 160 << 20 // bytes, of which what waits and the history are 80 MB
	begun := time.Now()
	d := startDev(t, target)
	d.keepFew()
	heap, stop := watchHeap()
	for n := range builds {
		d.setVersion(t, n+1)
		var group sync.WaitGroup
		for client := range clients {
			group.Go(func() {
				for i := n*orders/builds + client; i < (n+1)*orders/builds; i += clients {
					if resp, body := d.ask(t, "POST", "/orders", fmt.Sprintf("any-%d.", i)); resp.StatusCode != 200 {
						t.Errorf("%s %s", resp.Status, body)
					}
				}
			})
		}
		group.Wait()
		d.want(t, `"kind":"serving"`, fmt.Sprintf(`"build":%d,`, n+2))
	}
	sent := time.Since(begun)
	ends := func(name string) map[string]int {
		data, err := os.ReadFile(filepath.Join(d.dir, ".fngen/home", name))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		out := map[string]int{}
		for line := range strings.Lines(string(data)) { // of a report, which holds the order
			out[order.FindString(line)]++
		}
		return out
	}
	before := -1
	eventually(t, func() string {
		time.Sleep(200 * time.Millisecond)
		mailed, lost := ends("mailed"), ends("lost")
		missing := 0
		for i := range orders {
			if name := fmt.Sprintf("any-%d.", i); mailed[name]+lost[name] == 0 {
				missing++
			}
		}
		if missing == 0 {
			return ""
		}
		if missing != before { // it goes on
			before = missing
			return again
		}
		return fmt.Sprintf("%d of %d orders are nowhere:\n%s", missing, orders, strings.Join(d.notes(), ""))
	})
	mailed, lost := ends("mailed"), ends("lost")
	twice := 0
	for i := range orders {
		if name := fmt.Sprintf("any-%d.", i); mailed[name]+lost[name] > 1 {
			twice++
		}
	}
	if most := stop(); most > heap+memory {
		t.Errorf("%d MB are in memory, and %d at first", most>>20, heap>>20)
	} else {
		t.Logf("%d mailed, %d lost, %d twice; sent after %s, over after %s; %d MB in memory at most, %d at first", len(mailed), len(lost), twice, sent, time.Since(begun), most>>20, heap>>20)
	}
	d.stop(t)
}

var order = regexp.MustCompile(`any-\d+\.`)

// watchHeap returns how much is in memory, and what ends watching it and returns
// how much there was at most.
func watchHeap() (now uint64, stop func() uint64) {
	live := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	ending, most := make(chan struct{}), make(chan uint64)
	go func() {
		var is uint64
		for {
			select {
			case <-ending:
				most <- is
				return
			case <-time.After(100 * time.Millisecond):
				is = max(is, live())
			}
		}
	}()
	return live(), func() uint64 {
		close(ending)
		return <-most
	}
}
