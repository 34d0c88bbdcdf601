package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/fngen/fngen/internal/bench/platform"
	"github.com/fngen/fngen/internal/bench/program"
	"github.com/fngen/fngen/internal/bench/stat"
)

// subjects are the programs of a platform in cmd, the one without a sink first.
var subjects = []string{"none", "fngen", "sdk"}

// platforms are the folders of cmd, each with the CPU time that a program of it
// needs to be ready.
var platforms = []struct {
	name    string
	started func(file string) (time.Duration, error)
}{{"aws", asking}, {"gcp", listening}}

// programs prints the size of each program, and the CPU time that it needs
// from its start until it is ready for its first event.
func programs(stdout io.Writer, rounds int) error {
	dir, err := os.MkdirTemp("", "sink-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	fmt.Fprint(stdout, "| program | size MB | of none | start ms CPU | of none |\n|---|--:|--:|--:|--:|\n")
	for _, p := range platforms {
		size, start := map[string]float64{}, map[string][]float64{}
		for _, s := range subjects {
			if err := program.Build(filepath.Join(dir, s), "sink/cmd/"+p.name+"/"+s); err != nil {
				return err
			}
			info, err := os.Stat(filepath.Join(dir, s))
			if err != nil {
				return err
			}
			size[s] = float64(info.Size())
		}
		for range rounds { // in turns
			for _, s := range subjects {
				took, err := p.started(filepath.Join(dir, s))
				if err != nil {
					return fmt.Errorf("start %s/%s: %w", p.name, s, err)
				}
				start[s] = append(start[s], float64(took.Microseconds())/1e3)
			}
		}
		for _, s := range subjects {
			fmt.Fprintf(stdout, "| %s, %s | %.2f | %+.2f | %.2f | %.2f |\n", p.name, s, size[s]/1e6, (size[s]-size["none"])/1e6,
				stat.Median(start[s]), stat.Median(start[s])/stat.Median(start["none"]))
		}
	}
	return nil
}

// asking returns what it takes until the program asks the Runtime API for an
// event.
func asking(file string) (time.Duration, error) {
	l, err := platform.StartLambda(exec.Command(file))
	if err != nil {
		return 0, err
	}
	defer l.Stop()
	return l.CPU()
}

// listening returns what it takes until the program takes connections.
func listening(file string) (time.Duration, error) {
	cmd := exec.Command(file)
	cmd.Env = []string{"PUBSUB_EMULATOR_HOST=127.0.0.1:1"} // nothing is sent
	s, err := platform.StartServer(cmd)
	if err != nil {
		return 0, err
	}
	defer s.Stop()
	return s.CPU()
}
