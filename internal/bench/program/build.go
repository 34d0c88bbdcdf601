// Package program builds the programs that are measured, runs them, and tells
// what they cost.
package program

import (
	"fmt"
	"os"
	"os/exec"
)

// Env and Flags are those with which fngen has the Go command build, but for
// GOOS and GOARCH.
var (
	Env   = []string{"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOAMD64=v1", "GOARM64=v8.0", "GOEXPERIMENT="}
	Flags = []string{"-trimpath", "-mod=readonly", "-tags=lambda.norpc", "-buildvcs=false", "-ldflags=-s -w -buildid="}
)

// Build writes the program of this module's package, named from the module's
// root, to the file out.
func Build(out, pkg string) error {
	args := append([]string{"build"}, Flags...)
	cmd := exec.Command("go", append(args, "-o", out, "github.com/fngen/fngen/internal/bench/"+pkg)...)
	cmd.Env = append(os.Environ(), Env...)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
	}
	return nil
}
