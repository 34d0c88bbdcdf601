// Package gocmd runs the go command, with the settings that every build has.
package gocmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

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
