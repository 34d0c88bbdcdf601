package gen

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/dev/loop"
	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/model"
)

// Dev runs all functions of the project on this machine as the platform of its
// target runs them, until the context ends, and builds them anew when a file is
// saved. What they do then they finish, unless atOnce is closed, which is an error;
// nil is never. HTTP functions are served at the address, by default 127.0.0.1:8080
// or a port near it that is free. What happens is written to out: for people, with
// colours if inColour, or a line of JSON each. The project is one that was opened
// as Local, for one target. What is built is in .fngen/.
func (p *Project) Dev(ctx context.Context, atOnce <-chan struct{}, address string, out io.Writer, asJSON, inColour bool) error {
	if len(p.targets) != 1 {
		return fmt.Errorf("functions run as those of one target; there are %s", strings.Join(p.Targets(), ", "))
	}
	profile := p.options.AWSProfile
	if profile != "" && p.targets[0].Name() != "aws" {
		return fmt.Errorf("a profile of AWS is for the target aws, not for %s", p.targets[0].Name())
	}
	printer := &loop.Printer{W: out, Colours: inColour}
	tell := printer.Print
	if asJSON {
		tell = func(n loop.Note) { loop.PrintJSON(out, n) }
	}
	options := p.options
	options.Targets = p.Targets()
	first := p
	return loop.Run(p.logged(ctx), loop.Options{
		Root: p.root.Name(), Target: p.targets[0].Name(), Address: address, Profile: profile, AtOnce: atOnce, Tell: tell, Now: p.now,
		Read: func(ctx context.Context) (loop.Application, error) {
			if first != nil {
				read := first
				first = nil
				return read.runs()
			}
			now, err := Open(ctx, options)
			if err != nil {
				return loop.Application{}, err
			}
			defer now.Close()
			return now.runs()
		},
	})
}

// runs returns the functions of the only target with what they run with. The
// error is of what is refused.
func (p *Project) runs() (loop.Application, error) {
	t := p.targets[0]
	out := loop.Application{App: t.app, Target: t.Target, Env: map[string][]string{}, Secrets: map[string]map[string]string{}}
	var refused model.Findings
	for _, d := range p.diagnostics {
		if d.Severity == model.Error {
			refused = append(refused, d)
		}
	}
	if refused != nil {
		return out, refused
	}
	if len(t.app.Functions) == 0 {
		return out, fmt.Errorf("no function is meant for %s; write a directive such as //fn:queue orders above a handler", t.Name())
	}
	secrets, err := p.root.ReadFile(program.Folder + "/" + platform.SecretsFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, err
	}
	var missing error
	for _, f := range t.app.Functions {
		out.Env[f.Name], err = platform.Environment(f, string(secrets))
		missing = errors.Join(missing, err)
		values, from, err := platform.Secrets(f, string(secrets))
		missing = errors.Join(missing, err)
		out.Secrets[f.Name] = values
		for _, text := range from {
			if !slices.Contains(out.Remarks, text) {
				out.Remarks = append(out.Remarks, text)
			}
		}
	}
	return out, missing
}
