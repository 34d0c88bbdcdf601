package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// subjects are the programs in cmd, the one without a sink first.
var subjects = []string{"none", "fngen", "sdk"}

// programs prints the size of each program, and the CPU time that it needs
// from its start until it asks the Runtime API for its first event.
func programs(stdout io.Writer, rounds int) error {
	dir, err := os.MkdirTemp("", "sink-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	size, start := map[string]float64{}, map[string][]float64{}
	for _, s := range subjects {
		cmd := exec.Command("go", "build", "-tags=lambda.norpc", "-trimpath", "-ldflags=-s -w -buildid=", "-o", filepath.Join(dir, s), "./sink/cmd/"+s)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", s, err, out)
		}
		info, err := os.Stat(filepath.Join(dir, s))
		if err != nil {
			return err
		}
		size[s] = float64(info.Size())
	}
	for range rounds { // in turns
		for _, s := range subjects {
			took, err := started(filepath.Join(dir, s))
			if err != nil {
				return fmt.Errorf("start %s: %w", s, err)
			}
			start[s] = append(start[s], took)
		}
	}
	fmt.Fprint(stdout, "| program | size MB | of none | start ms CPU | of none |\n|---|--:|--:|--:|--:|\n")
	for _, s := range subjects {
		fmt.Fprintf(stdout, "| %s | %.2f | %+.2f | %.2f | %.2f |\n", s, size[s]/1e6, (size[s]-size["none"])/1e6,
			median(start[s]), median(start[s])/median(start["none"]))
	}
	return nil
}

// started returns the milliseconds of CPU until the program asks for an event.
func started(program string) (float64, error) {
	asked := make(chan struct{}, 1)
	api := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	defer api.Close()
	cmd := exec.Command(program)
	cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b"}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var late error
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		late = fmt.Errorf("it asks for no event")
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed
	api.CloseClientConnections()
	return float64((cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Microseconds()) / 1e3, late
}
