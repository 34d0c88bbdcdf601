package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/fngen/fngen/gen"
)

// invocation are the flags of invoke that say what is delivered.
type invocation struct {
	event    string
	data     string
	hasData  bool
	sample   bool
	native   bool
	artifact bool
}

func newInvoke(o *options) *cobra.Command {
	var i invocation
	c := &cobra.Command{
		Use:   "invoke FUNCTION",
		Short: "Run a function on this machine with one event",
		Long: `Compile a function for this machine, with the entrypoint that is deployed, run it
under the protocol of its platform, deliver one event, and show the event as the
handler is given it, what is answered, what becomes of the event, what is emitted to
sinks, and the log. No account and no container is needed: the function has dummy
credentials, and what it emits comes back here.

	fngen invoke confirm --data '{"id":"o-1"}'
	fngen invoke price --event request.http --target=all

Without --event and --data, or with --sample, it is a sample that fits the trigger.
--data is the sample's body, document or data. --event takes a file, - for standard
input, with an event in CloudEvents' structured mode, such as invoke shows; of an HTTP
function also with a request, as it is sent. With --native the file has what the platform
sends, and is delivered as it is: JSON, on Google an HTTP request or its body.

The target is the first that fngen.yaml names, or aws. With --target=all the function
runs on each that it is meant for; where the event, a client's answer, what becomes of the
event, what is emitted or what is written is not the same, that is said, and the exit code is 100.

What it uses by //fn:use is there for this one time: collections are empty, but for the
document that a change is about, and buckets have what lies in .fngen/objects/BUCKET/. The
value of a secret is that of FNGEN_SECRET_PARAM in the environment or .fngen/secrets.env.

--artifact runs what lies in dist/ instead, to the byte what is deployed, where this
machine can: a binary for Linux and this machine's processor. Unless it is there as the
source has it, it is built first, as fngen build --function does.

Variables of fngen.yaml are set. One whose value is a secret has that of the same
variable in the environment of fngen, or in .fngen/secrets.env, NAME=value a line.
Nothing else of your environment is passed on. What is built lies in .fngen/, which git
ignores. Callers are not checked here, as targets.gcp.audience has it done elsewhere.`,
		Args:              oneFunction,
		ValidArgsFunction: o.completeFunction,
		RunE: func(c *cobra.Command, args []string) error {
			var given []string
			for _, name := range []string{"event", "data", "sample"} {
				if c.Flags().Changed(name) {
					given = append(given, "--"+name)
				}
			}
			if len(given) > 1 {
				return usageError{fmt.Errorf("%s say each what is delivered; give one of them", strings.Join(given, " and "))}
			}
			i.hasData = c.Flags().Changed("data")
			return invoke(c.Context(), o, args[0], i)
		},
	}
	targetFlag(c, o)
	c.Flags().Lookup("target").Usage = "`targets` separated by commas, or all (the first in fngen.yaml, else aws)"
	c.Flags().StringVar(&i.event, "event", "", "the `file` with what is delivered, or -")
	c.Flags().StringVar(&i.data, "data", "", "the `text` that is the event's data")
	c.Flags().BoolVar(&i.sample, "sample", false, "deliver a sample that fits the trigger, which is the default")
	c.Flags().BoolVar(&i.native, "native", false, "the file has what the platform itself sends")
	c.Flags().BoolVar(&i.artifact, "artifact", false, "run what lies in dist/, which is built if need be, not what is compiled for this machine")
	return c
}

func invoke(ctx context.Context, o *options, function string, i invocation) error {
	project := gen.InvokeOptions{Function: function, Native: i.native, Artifact: i.artifact, Cache: cacheFolder(os.Getenv("FNGEN_CACHE"))}
	project.Built = func(path string) { o.tell("note", "built %s, which was missing or stale", path) }
	project.Told = func(text string) { o.tell("note", "%s", text) }
	if i.native && i.event == "" {
		return usageError{errors.New("--native says what is in the file of --event; give one")}
	}
	if i.event != "" {
		data, err := readInput(i.event)
		if err != nil {
			return err
		}
		project.Event = data
	}
	if i.hasData {
		project.Data = []byte(i.data)
	}
	p, err := openLocal(ctx, o)
	if err != nil {
		return err
	}
	defer p.Close()
	var known []string
	for _, f := range p.Functions() {
		known = append(known, f.Name)
	}
	if !slices.Contains(known, function) {
		return usageError{fmt.Errorf("%q is none of %s%s", function, strings.Join(known, ", "), hint(function, known))}
	}
	list, differences, err := p.Invoke(ctx, project)
	if err != nil {
		return o.refused(err)
	}
	if o.output == "json" {
		err = printJSON(o.stdout, list)
	} else {
		err = printInvocations(o.stdout, list)
	}
	if err != nil || len(differences) == 0 {
		return err
	}
	for _, d := range differences {
		o.tell("warning", "%s", d)
	}
	return errFindings
}

// readInput reads the file, or standard input for -.
func readInput(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// printInvocations prints a block for each target.
func printInvocations(w io.Writer, list []gen.Invocation) error {
	var b strings.Builder
	for n, i := range list {
		if n > 0 {
			b.WriteString("\n")
		}
		if i.Refusal != "" {
			fmt.Fprintf(&b, "%s on %s: nothing is delivered: %s\n", i.Function, i.Target, i.Refusal)
			continue
		}
		fmt.Fprintf(&b, "%s on %s: %s in %s\n", i.Function, i.Target, i.Fate, i.Duration.Round(100*time.Microsecond))
		line := func(label, text string) { fmt.Fprintf(&b, "  %-8s %s\n", label, indented(text)) }
		for _, e := range i.Events {
			if isRequest(e) {
				line("request", string(e))
			} else {
				line("event", string(e))
			}
		}
		if len(i.Events) == 0 {
			line("event", "none: what was delivered is no event of this trigger")
		}
		switch {
		case i.Failure != "":
			line("failure", i.Failure)
			line("answer", i.Answer)
		case i.Status != 0:
			line("response", strings.TrimSpace(fmt.Sprintf("%d %s\n%s", i.Status, i.Type, i.Body)))
		default:
			line("answer", i.Answer)
		}
		for _, e := range i.Emissions {
			label := "emitted"
			if e.IsDeadLetter {
				label = "letter"
			}
			line(label, fmt.Sprintf("%s %s %s", e.Kind, e.Sink, e.Event))
		}
		for _, text := range i.Writes {
			line("wrote", text)
		}
		for _, l := range i.Logs {
			line("log", l)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indented has the lines of a text below each other.
func indented(text string) string {
	return strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n"+strings.Repeat(" ", 11))
}

func isRequest(event json.RawMessage) bool {
	var e struct {
		SpecVersion string `json:"specversion"`
	}
	return json.Unmarshal(event, &e) == nil && e.SpecVersion == ""
}
