package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// subjects are the programs of a platform in cmd, the one without a sink first.
var subjects = []string{"none", "fngen", "sdk"}

// platforms are the folders of cmd, each with how long a program of it needs to
// be ready, in milliseconds of CPU.
var platforms = []struct {
	name    string
	started func(program string) (float64, error)
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
			cmd := exec.Command("go", "build", "-tags=lambda.norpc", "-trimpath", "-ldflags=-s -w -buildid=", "-o", filepath.Join(dir, s), "./sink/cmd/"+p.name+"/"+s)
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				return fmt.Errorf("build %s/%s: %w\n%s", p.name, s, err, out)
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
				start[s] = append(start[s], took)
			}
		}
		for _, s := range subjects {
			fmt.Fprintf(stdout, "| %s, %s | %.2f | %+.2f | %.2f | %.2f |\n", p.name, s, size[s]/1e6, (size[s]-size["none"])/1e6,
				median(start[s]), median(start[s])/median(start["none"]))
		}
	}
	return nil
}

// asking returns the milliseconds of CPU until the program asks the Runtime API
// for an event.
func asking(program string) (float64, error) {
	asked := make(chan struct{}, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	defer api.Close()
	defer api.CloseClientConnections()
	cmd := exec.Command(program)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}
	return until(cmd, func(deadline time.Time) error {
		select {
		case <-asked:
			return nil
		case <-time.After(time.Until(deadline)):
			return fmt.Errorf("it asks for no event")
		}
	})
}

// listening returns the milliseconds of CPU until the program takes connections.
func listening(program string) (float64, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address := l.Addr().String()
	l.Close() // the port is free for the program
	_, port, _ := net.SplitHostPort(address)
	cmd := exec.Command(program)
	cmd.Env = []string{"PORT=" + port, "PUBSUB_EMULATOR_HOST=127.0.0.1:1"} // nothing is sent
	return until(cmd, func(deadline time.Time) error {
		for time.Now().Before(deadline) {
			if c, err := net.Dial("tcp", address); err == nil {
				return c.Close()
			}
			time.Sleep(200 * time.Microsecond)
		}
		return fmt.Errorf("it does not listen")
	})
}

// until runs the command until it is ready, and returns its milliseconds of CPU.
func until(cmd *exec.Cmd, ready func(deadline time.Time) error) (float64, error) {
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	late := ready(time.Now().Add(10 * time.Second))
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	return float64((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Microseconds()) / 1e3, late
}
