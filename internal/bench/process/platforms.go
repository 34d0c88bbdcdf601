package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	payload "github.com/fngen/fngen/internal/bench"
)

// onLambda is the Runtime API, which has a program handle the payload and give
// one of the answers.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
func onLambda(payload []byte, answers ...string) feed {
	const prefix = "/2018-06-01/runtime/"
	return func(cmd *exec.Cmd, n int) error {
		var answered atomic.Int64
		done := make(chan error, n+1) // each answer may be wrong
		mux := http.NewServeMux()
		mux.HandleFunc("GET "+prefix+"invocation/next", func(w http.ResponseWriter, r *http.Request) {
			if int(answered.Load()) == n {
				done <- nil
				<-r.Context().Done()
				return
			}
			h := w.Header()
			h.Set("Content-Type", "application/json")
			h.Set("Lambda-Runtime-Aws-Request-Id", fmt.Sprint(answered.Load()))
			h.Set("Lambda-Runtime-Deadline-Ms", fmt.Sprint(time.Now().Add(time.Minute).UnixMilli()))
			h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-west-1:123456789012:function:orders:live")
			h.Set("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1")
			_, _ = w.Write(payload) // attend sees the program's end
		})
		mux.HandleFunc("POST "+prefix, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			path := fmt.Sprintf("%sinvocation/%d/response", prefix, answered.Add(1)-1)
			if err != nil || r.URL.Path != path || !slices.Contains(answers, string(body)) {
				done <- fmt.Errorf("POST %s: %s, %v; want one of %q at %s", r.URL.Path, body, err, answers, path)
			}
			w.WriteHeader(http.StatusAccepted)
		})
		api := httptest.NewServer(mux)
		defer api.Close()
		defer api.CloseClientConnections()
		cmd.Env = append(cmd.Env, "AWS_LAMBDA_RUNTIME_API="+api.Listener.Addr().String(),
			"AWS_LAMBDA_FUNCTION_NAME=orders", "AWS_REGION=eu-west-1", "AWS_ACCESS_KEY_ID=a", "AWS_SECRET_ACCESS_KEY=b", "TZ=:UTC")
		return attend(cmd, func() error { return <-done })
	}
}

// onOpenWhisk is the ActionLoop proxy, which writes a line to the program's
// standard input and reads one from its file descriptor 3.
//
// https://github.com/apache/openwhisk-runtime-go
func onOpenWhisk(line []byte) feed {
	return func(cmd *exec.Cmd, n int) error {
		in, err := cmd.StdinPipe()
		if err != nil {
			return err
		}
		out, answers, err := os.Pipe()
		if err != nil {
			return err
		}
		defer out.Close()
		defer answers.Close()
		cmd.ExtraFiles = []*os.File{answers}
		cmd.Env = append(cmd.Env, "__OW_EXECUTION_ENV=openwhisk/action-golang-v1.24", "__OW_API_HOST=https://openwhisk.example.com", "__OW_WAIT_FOR_ACK=1")
		return attend(cmd, func() error {
			lines := bufio.NewReader(out)
			for i, want := 0, "{\"ok\":true}\n"; ; i, want = i+1, "{}\n" {
				if got, err := lines.ReadString('\n'); err != nil || got != want {
					return fmt.Errorf("answer %d: %q, %v; want %q", i, got, err, want)
				}
				if i == n {
					return nil
				}
				if _, err := in.Write(line); err != nil {
					return err
				}
			}
		})
	}
}

// onGoogle has a server answer requests on 64 connections that are kept: n of
// them, after a tenth as many. It sets the requests in a second, and in how
// many µs 99 % of them were answered.
func onGoogle(rate, p99 *float64) feed {
	return func(cmd *exec.Cmd, n int) error {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		address := l.Addr().String()
		l.Close() // the port is free for the program
		_, port, _ := strings.Cut(address, ":")
		cmd.Env = append(cmd.Env, "PORT="+port, "CLOUD_RUN_TIMEOUT_SECONDS=300")
		return attend(cmd, func() error {
			var clients []net.Conn
			for len(clients) < 64 {
				c, err := net.Dial("tcp", address)
				if err != nil {
					time.Sleep(time.Millisecond) // until the program listens
					continue
				}
				defer c.Close()
				clients = append(clients, c)
			}
			if _, err := post(clients, n/10); err != nil {
				return err
			}
			start := time.Now()
			latencies, err := post(clients, n)
			*rate = float64(len(latencies)) / time.Since(start).Seconds()
			*p99 = float64(latencies[len(latencies)*99/100].Microseconds())
			return err
		})
	}
}

// post has all clients at once send their parts of n requests. It returns how
// long each took, the shortest first.
func post(clients []net.Conn, n int) (latencies []time.Duration, err error) {
	part, errs := n/len(clients)+1, make(chan error)
	latencies = make([]time.Duration, part*len(clients))
	for i, c := range clients {
		go func() { errs <- postBy(c, latencies[i*part:][:part]) }()
	}
	for range clients {
		err = errors.Join(err, <-errs)
	}
	slices.Sort(latencies)
	return latencies, err
}

// postBy sends one request after the other. It reads of the answers what it
// must, which leaves the CPUs to the server.
func postBy(c net.Conn, latencies []time.Duration) error {
	request, answers := []byte(payload.Event), bufio.NewReader(c)
	for i := range latencies {
		start := time.Now()
		if _, err := c.Write(request); err != nil {
			return err
		}
		for line, want := "", "HTTP/1.1 204 "; line != "\r\n"; want = "" { // no content follows
			var err error
			if line, err = answers.ReadString('\n'); err != nil || !strings.HasPrefix(line, want) {
				return fmt.Errorf("the answer is %q, %v", line, err)
			}
		}
		latencies[i] = time.Since(start)
	}
	return nil
}
