// Package gocmd runs the go command, with the settings that every build has.
package gocmd

import (
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

	"github.com/fngen/fngen/gen/internal/model"
)

// Env is the environment of every Go command.
func Env(platform model.Platform) []string { return append(os.Environ(), Settings(platform)...) }

// Settings are the variables that a build does not take from its environment
// as they are: static binaries for the platform, from the application's own
// module, of the same instructions wherever it is built.
func Settings(platform model.Platform) []string {
	return []string{
		"GOOS=" + platform.GOOS, "GOARCH=" + platform.GOARCH, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=" + flags(),
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=",
	}
}

// flags is GOFLAGS without what says where modules come from.
func flags() string {
	var kept []string
	for _, flag := range strings.Fields(os.Getenv("GOFLAGS")) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name != "mod" && name != "modfile" && name != "overlay" {
			kept = append(kept, flag)
		}
	}
	return strings.Join(kept, " ")
}

// CompileFlags are the flags that decide what a compiled package is.
func CompileFlags(platform model.Platform) []string {
	flags := []string{"-trimpath", "-mod=readonly"}
	if len(platform.Tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(platform.Tags, ","))
	}
	return flags
}

// WithLog returns a context in which the go commands that run are
// written to w, a line each.
func WithLog(ctx context.Context, w io.Writer) context.Context {
	return context.WithValue(ctx, logKey{}, w)
}

type logKey struct{}

// Run runs the go command in dir and returns its standard output. The error
// holds what it wrote to standard error.
func Run(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	if w, ok := ctx.Value(logKey{}).(io.Writer); ok {
		fmt.Fprintf(w, "go %s\n", strings.Join(args, " "))
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(env, "PWD="+dir)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("the go command is not in PATH; install Go from https://go.dev/dl")
	}
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		text := strings.TrimSpace(stderr.String())
		if text == "" {
			text = err.Error()
		}
		return stdout.Bytes(), fmt.Errorf("go %s: %s", args[0], text)
	}
	return stdout.Bytes(), nil
}

// DecodeList decodes the values that go list -json prints.
func DecodeList[T any](out []byte) ([]T, error) {
	var list []T
	for d := json.NewDecoder(bytes.NewReader(out)); d.More(); {
		var v T
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("decode what go list prints: %w", err)
		}
		list = append(list, v)
	}
	return list, nil
}

// Relative returns the path below root with slashes, or the path itself.
func Relative(root, file string) string {
	if rel, err := filepath.Rel(root, file); err == nil && filepath.IsLocal(rel) {
		return filepath.ToSlash(rel)
	}
	return file
}
