package page

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/tool"
)

// A browser is Chromium with one page, spoken to by the DevTools protocol over a
// pipe: a JSON object and a zero byte each way.
//
// https://chromedevtools.github.io/devtools-protocol/
type browser struct {
	t       *testing.T
	to      *os.File
	answers chan answer
	number  int
	session string
	log     chan string // errors of the page's scripts, and what its policy refused
}

type answer struct {
	ID     int
	Result json.RawMessage
	Error  *struct{ Message string }
	Method string
	Params json.RawMessage
}

func openBrowser(t *testing.T) *browser {
	path := tool.Path(t, "chromium")
	fromTest, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, toTest, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.Command(path, "--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--no-first-run", "--host-resolver-rules=MAP *.example 127.0.0.1", "--user-data-dir="+filepath.Join(home, "profile"), "about:blank")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home)
	cmd.ExtraFiles = []*os.File{fromTest, toTest} // 3 and 4
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fromTest.Close()
	toTest.Close()
	b := &browser{t: t, to: to, answers: make(chan answer, 1), log: make(chan string, 100)}
	go b.read(from)
	t.Cleanup(func() {
		if t.Failed() {
			said := stderr.String()
			t.Logf("chromium: %s", said[max(len(said)-2000, 0):])
		}
		b.session = ""
		b.number++
		fmt.Fprintf(to, `{"id":%d,"method":"Browser.close"}`+"\x00", b.number)
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-done
		}
		to.Close()
		from.Close()
	})
	var target struct{ TargetID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var session struct{ SessionID string }
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &session)
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log"} {
		b.do(domain+".enable", nil, nil)
	}
	return b
}

func (b *browser) read(from *os.File) {
	defer close(b.answers)
	r := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var a answer
		if json.Unmarshal(text[:len(text)-1], &a) != nil {
			continue
		}
		switch {
		case a.ID != 0:
			b.answers <- a
		case a.Method == "Runtime.exceptionThrown" || a.Method == "Log.entryAdded":
			select {
			case b.log <- string(a.Params):
			default:
			}
		}
	}
}

// do calls a method and waits for its answer.
func (b *browser) do(method string, params, result any) {
	b.t.Helper()
	if err := b.call(method, params, result); err != nil {
		b.t.Fatal(err)
	}
}

// call is do with an error of the method's.
func (b *browser) call(method string, params, result any) error {
	b.t.Helper()
	b.number++
	call := map[string]any{"id": b.number, "method": method}
	if params != nil {
		call["params"] = params
	}
	if b.session != "" {
		call["sessionId"] = b.session
	}
	text, err := json.Marshal(call)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	for {
		select {
		case a, ok := <-b.answers:
			if !ok {
				b.t.Fatalf("%s: chromium has ended", method)
			}
			if a.ID != b.number {
				continue
			}
			if a.Error != nil {
				return fmt.Errorf("%s: %s", method, a.Error.Message)
			}
			if result == nil {
				return nil
			}
			return json.Unmarshal(a.Result, result)
		case <-time.After(30 * time.Second):
			return fmt.Errorf("%s: no answer", method)
		}
	}
}

// open loads the address.
func (b *browser) open(address string) {
	b.t.Helper()
	b.do("Page.navigate", map[string]any{"url": address}, nil)
	b.wait("loaded", `location.href === `+quote(address)+` && document.readyState === "complete"`)
}

// eval returns the value of the expression.
func (b *browser) eval(expression string) any {
	b.t.Helper()
	var out struct {
		Result           struct{ Value any }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &out)
	if e := out.ExceptionDetails; e != nil {
		b.t.Fatalf("%s: %s %s", expression, e.Text, e.Exception.Description)
	}
	return out.Result.Value
}

// wait waits until the expression is true, of a page that is loaded meanwhile too.
func (b *browser) wait(what, expression string) {
	b.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		var out struct{ Result struct{ Value any } }
		err := b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true}, &out)
		if err == nil && out.Result.Value == true {
			return
		}
	}
	b.t.Fatalf("never: %s\n%v", what, b.eval("document.body.innerText"))
}

// click clicks with the mouse into the middle of what the selector finds first.
func (b *browser) click(selector string) {
	b.t.Helper()
	at, ok := b.eval(`(() => {
		const e = document.querySelector(` + quote(selector) + `);
		if (!e) return null;
		e.scrollIntoView({ block: "center" });
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`).([]any)
	if !ok {
		b.t.Fatalf("there is no %s", selector)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.do("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// press presses a key that has no text, or Enter.
func (b *browser) press(key string, code int, modifiers int) {
	b.t.Helper()
	for _, kind := range []string{"keyDown", "keyUp"} {
		params := map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code, "modifiers": modifiers}
		if key == "Enter" && kind == "keyDown" {
			params["text"] = "\r"
		}
		b.do("Input.dispatchKeyEvent", params, nil)
	}
}

// typed types the text into what is focused, in place of what is in it.
func (b *browser) typed(text string) {
	b.t.Helper()
	b.eval("document.activeElement.select()")
	b.do("Input.insertText", map[string]any{"text": text}, nil)
}

// look is how the page is seen.
func (b *browser) look(width, height int, scheme string) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.do("Emulation.setScrollbarsHidden", map[string]any{"hidden": true}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}}}, nil)
}

// shoot keeps a picture of the page where FNGEN_SHOTS says, if it does.
func (b *browser) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("FNGEN_SHOTS")
	if dir == "" {
		return
	}
	var out struct{ Data string }
	b.do("Page.captureScreenshot", map[string]any{"captureBeyondViewport": true}, &out)
	picture, err := base64.StdEncoding.DecodeString(out.Data)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// silent fails the test if a script failed, or the page's policy refused it
// something. It is called with what may be said.
func (b *browser) silent(but ...string) {
	b.t.Helper()
	for {
		select {
		case said := <-b.log:
			known := false
			for _, one := range but {
				known = known || strings.Contains(said, one)
			}
			if !known {
				b.t.Errorf("the page says: %s", said)
			}
		default:
			return
		}
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s) // of a string
	return string(text)
}
