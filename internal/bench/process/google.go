package process

import (
	"bytes"
	"fmt"
	"os/exec"
	"time"

	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/bench/platform"
)

const connections = 64

func onGoogle(b built, calls int) []comparison {
	measure := func(file string) (sample, error) { return requests(file, postedEvent(), 10*calls) }
	const what = "Google process, 64 connections: "
	return []comparison{{
		quantities: []quantity{
			{what + "throughput", rate, "≥ 0.90"},
			{what + "p99 latency", latency, "1.15"},
			{what + "CPU of a request", cpu, ""},
		},
		subjects: []subject{
			b.measuring("fngen `gcp.Serve(gcp.Handler(…))`", "google/fngen", measure),
			b.measuring("a handler of net/http, decoding by hand", "google/native", measure),
		},
	}}
}

// postedEvent is a request with an event in binary mode, with headers that
// Pub/Sub and Cloud Run add.
func postedEvent() []byte {
	var b bytes.Buffer
	b.WriteString("POST / HTTP/1.1\r\nHost: confirm-abcdefghij-ew.a.run.app\r\nUser-Agent: APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)\r\n" +
		"Accept: application/json\r\nX-Forwarded-For: 66.102.8.1\r\nX-Forwarded-Proto: https\r\nForwarded: for=\"66.102.8.1\";proto=https\r\n" +
		"Traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n")
	for name, value := range payload.EventHeader {
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n%s", len(payload.Order), payload.Order)
	return b.Bytes()
}

// requests measures the server under load.
func requests(file string, request []byte, n int) (sample, error) {
	s, err := platform.StartServer(exec.Command(file))
	if err != nil {
		return sample{}, err
	}
	defer s.Stop()
	l, err := newLoad(s.Address, connections, request)
	if err != nil {
		return sample{}, err
	}
	defer l.close()
	if _, err := l.run(n/10 + connections); err != nil { // the start is left out
		return sample{}, err
	}
	before, err := s.CPU()
	if err != nil {
		return sample{}, err
	}
	start := time.Now()
	latencies, err := l.run(n)
	if err != nil {
		return sample{}, err
	}
	wall := time.Since(start)
	after, err := s.CPU()
	return sample{
		cpu:     micro(after-before) / float64(n),
		latency: micro(latencies[len(latencies)*99/100]),
		rate:    float64(n) / wall.Seconds(),
	}, err
}
