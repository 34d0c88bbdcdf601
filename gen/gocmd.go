package gen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// goEnv is the environment of every Go command.
func goEnv(platform Platform) []string { return append(os.Environ(), goSettings(platform)...) }

// goSettings are the variables that a build does not take from its environment
// as they are: static binaries for the platform, from the application's own
// module, of the same instructions wherever it is built.
func goSettings(platform Platform) []string {
	return []string{
		"GOOS=" + platform.GOOS, "GOARCH=" + platform.GOARCH, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=" + goFlags(),
		"GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT=",
	}
}

// goFlags is GOFLAGS without what says where modules come from.
func goFlags() string {
	var kept []string
	for _, flag := range strings.Fields(os.Getenv("GOFLAGS")) {
		name, _, _ := strings.Cut(strings.TrimLeft(flag, "-"), "=")
		if name != "mod" && name != "modfile" && name != "overlay" {
			kept = append(kept, flag)
		}
	}
	return strings.Join(kept, " ")
}

// compileFlags are the flags that decide what a compiled package is.
func compileFlags(platform Platform) []string {
	flags := []string{"-trimpath", "-mod=readonly"}
	if len(platform.Tags) > 0 {
		flags = append(flags, "-tags="+strings.Join(platform.Tags, ","))
	}
	return flags
}

// WithCommandLog returns a context in which the go commands that run are
// written to w, a line each.
func WithCommandLog(ctx context.Context, w io.Writer) context.Context {
	return context.WithValue(ctx, commandLogKey{}, w)
}

type commandLogKey struct{}

// runGo runs the go command in dir and returns its standard output. The error
// holds what it wrote to standard error.
func runGo(ctx context.Context, dir string, env []string, args ...string) ([]byte, error) {
	if w, ok := ctx.Value(commandLogKey{}).(io.Writer); ok {
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
