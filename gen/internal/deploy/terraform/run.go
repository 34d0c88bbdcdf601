package terraform

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A Runner runs a program of others.
type Runner struct {
	Program string
	Dir     string
	Log     io.Writer // gets a line for each command; nil for none
}

// toEnd is how long the tool may take to end what it has begun, once it is asked to:
// one that is killed leaves a lock and things that no state knows.
const toEnd = 15 * time.Minute

// JSON runs the command and reads what it prints into the value.
func (r Runner) JSON(ctx context.Context, into any, command string, arguments ...string) error {
	var out bytes.Buffer
	if err := r.run(ctx, &out, command, arguments...); err != nil {
		return err
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		return fmt.Errorf("%s %s: %w", filepath.Base(r.Program), command, err)
	}
	return nil
}

// run runs the command. The error is the first that it gives, in one line.
func (r Runner) run(ctx context.Context, out io.Writer, command string, arguments ...string) error {
	cmd := exec.CommandContext(ctx, r.Program, append([]string{command}, arguments...)...)
	cmd.Dir = r.Dir
	cmd.Env = append(os.Environ(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = toEnd
	apart(cmd)
	name := filepath.Base(r.Program)
	if r.Log != nil {
		fmt.Fprintln(r.Log, name, strings.Join(cmd.Args[1:], " "))
	}
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = out, &stderr
	err := cmd.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	reason := firstError(stderr.String())
	if e, ok := out.(*events); ok && e.failed != "" {
		reason = e.failed
	}
	if reason == "" {
		return fmt.Errorf("%s %s: %w", name, command, err)
	}
	return fmt.Errorf("%s %s: %s", name, command, reason)
}

// events are what a command prints as JSON, an object a line.
type events struct {
	tell   func(string) // what has ended; nil for nobody
	failed string       // the first error
	begun  []byte       // a line
}

func (e *events) Write(p []byte) (int, error) {
	e.begun = append(e.begun, p...)
	for {
		line, rest, ok := bytes.Cut(e.begun, []byte("\n"))
		if !ok {
			return len(p), nil
		}
		text, failed := event(line)
		e.failed, e.begun = cmp.Or(e.failed, failed), rest
		if text != "" && e.tell != nil {
			e.tell(text)
		}
	}
}

// event is what is told of a line of output, or the reason of a failure:
// https://developer.hashicorp.com/terraform/internals/machine-readable-ui.
func event(line []byte) (text, failed string) {
	var e struct {
		Type       string `json:"type"`
		Diagnostic struct {
			Severity string `json:"severity"`
			Summary  string `json:"summary"`
			Detail   string `json:"detail"`
			Address  string `json:"address"`
		} `json:"diagnostic"`
		Hook struct {
			Action   string `json:"action"`
			Resource struct {
				Addr string `json:"addr"`
			} `json:"resource"`
		} `json:"hook"`
	}
	if json.Unmarshal(line, &e) != nil {
		return "", ""
	}
	address := strings.TrimPrefix(e.Hook.Resource.Addr, "module."+module+".")
	switch {
	case e.Type == "apply_complete":
		word, ok := map[string]string{"create": "created", "update": "changed", "delete": "removed"}[e.Hook.Action]
		if ok {
			return word + " " + address, ""
		}
	case e.Type == "diagnostic" && e.Diagnostic.Severity == "error":
		failed = oneLine(e.Diagnostic.Summary)
		if at := strings.TrimPrefix(e.Diagnostic.Address, "module."+module+"."); at != "" {
			failed = at + ": " + failed
		}
		if detail := oneLine(e.Diagnostic.Detail); detail != "" {
			failed += ": " + detail
		}
	}
	return "", failed
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// firstError is the first error of a text for people, whose lines have a bar before
// them.
func firstError(text string) string {
	var words []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(strings.Trim(line, "│╷╵ \n\r\t"))
		rest, begins := strings.CutPrefix(line, "Error: ")
		switch {
		case begins && len(words) == 0:
			words = append(words, rest)
		case begins:
			return strings.Join(words, " ")
		case len(words) > 0 && line != "":
			words = append(words, line)
		}
	}
	if len(words) == 0 {
		return oneLine(text)
	}
	return strings.Join(words, " ")
}
