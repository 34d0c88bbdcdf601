package terraform

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
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

// Run runs the command and returns what it prints. With tell its output is JSON, an
// object a line, of which the ends of changes are told. The error is the first that
// it gives, in one line.
func (r Runner) Run(ctx context.Context, tell func(string), command string, arguments ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, r.Program, append([]string{command}, arguments...)...)
	cmd.Dir = r.Dir
	cmd.Env = append(os.Environ(), "TF_IN_AUTOMATION=1", "CHECKPOINT_DISABLE=1")
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = toEnd
	apart(cmd)
	if r.Log != nil {
		fmt.Fprintln(r.Log, filepath.Base(r.Program), strings.Join(cmd.Args[1:], " "))
	}
	var out, stderr bytes.Buffer
	cmd.Stderr = &stderr
	if tell == nil {
		cmd.Stdout = &out
		err := cmd.Run()
		if err == nil || ctx.Err() != nil {
			return out.Bytes(), errors.Join(ctx.Err(), err)
		}
		return nil, r.failure(command, firstError(stderr.String()), err)
	}
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	reason := ""
	lines := bufio.NewReader(pipe)
	for {
		line, err := lines.ReadBytes('\n')
		text, failed := event(line)
		if reason == "" {
			reason = failed
		}
		if text != "" {
			tell(text)
		}
		if err != nil {
			break
		}
	}
	err = cmd.Wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		if reason == "" {
			reason = firstError(stderr.String())
		}
		return nil, r.failure(command, reason, err)
	}
	return nil, nil
}

func (r Runner) failure(command, reason string, err error) error {
	name := filepath.Base(r.Program)
	if reason == "" {
		return fmt.Errorf("%s %s: %w", name, command, err)
	}
	return fmt.Errorf("%s %s: %s", name, command, reason)
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
