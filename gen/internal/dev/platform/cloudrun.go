package platform

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/dev/program"
)

// cloudRun is Google's platform: each process listens on a port of its own.
//
// https://cloud.google.com/run/docs/container-contract
type cloudRun struct{}

func (cloudRun) close() {}

type server struct {
	process *Process
	address string
	client  *http.Client
}

// connect finds a port that is free, and may be taken before the process takes it.
func (cloudRun) connect(p *Process) (protocol, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	p.cmd.Env = append(p.cmd.Env, "PORT="+strconv.Itoa(port), program.ParentVariable+"="+program.ParentStdin)
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true}, // and no proxy
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &server{p, address, client}, nil
}

func (s *server) close()   { s.client.CloseIdleConnections() }
func (s *server) started() {}

// end has the process drain, as Cloud Run does.
func (s *server) end() { terminate(s.process.cmd.Process) }

// ready waits until the process listens.
func (s *server) ready() error {
	const pause = 2 * time.Millisecond
	for {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.Close()
			return nil
		}
		select {
		case <-s.process.ended:
			return errEnded
		case <-time.After(pause):
		}
	}
}

func (s *server) deliver(d *delivery) (Answer, error) {
	ctx, cancel := context.WithCancel(d)
	defer cancel()
	if d.Client != nil {
		defer context.AfterFunc(d.Client, cancel)()
	}
	r, err := http.NewRequestWithContext(ctx, cmp.Or(d.Method, http.MethodPost), "http://"+s.address+cmp.Or(d.Target, "/"), bytes.NewReader(d.Body))
	if err != nil {
		return Answer{}, fmt.Errorf("deliver to %s: %w", s.process.function.Name, err)
	}
	if d.Header != nil {
		r.Header = d.Header.Clone()
		r.Host = d.Header.Get("Host") // that of the address if there is none
		r.Header.Del("Host")
	}
	r.Header.Set("X-Cloud-Trace-Context", cmp.Or(r.Header.Get("X-Cloud-Trace-Context"), d.trace()+"/1"))
	resp, err := s.client.Do(r)
	if err == nil {
		defer resp.Body.Close()
		a := Answer{Status: resp.StatusCode, Header: resp.Header, ContentType: resp.Header.Get("Content-Type")}
		if d.Stream != nil {
			err = d.stream(a, resp.Body)
		} else {
			a.Body, err = io.ReadAll(resp.Body)
		}
		if err == nil {
			return a, nil
		}
	}
	switch {
	case d.Err() != nil:
		return Answer{}, d.Err()
	case ctx.Err() != nil:
		return Answer{Status: statusGone, Failure: "the client is gone"}, nil
	}
	select {
	case <-s.process.ended:
		return Answer{}, errEnded
	case <-time.After(time.Second): // the connection ends a little before the process
		return Answer{Status: http.StatusServiceUnavailable, Failure: "connection broken"}, nil
	}
}

// statusGone is what is logged of a request whose client has not waited.
const statusGone = 499

// trace returns the id of the delivery's trace, which functions log: that of the
// request, or one of its own.
//
// https://cloud.google.com/trace/docs/trace-context
func (d *delivery) trace() string {
	if id, _, ok := strings.Cut(d.Header.Get("X-Cloud-Trace-Context"), "/"); ok && id != "" {
		return id
	}
	if part := strings.Split(d.Header.Get("Traceparent"), "-"); len(part) >= 4 && len(part[1]) == 32 {
		return part[1]
	}
	return strings.ReplaceAll(d.id, "-", "")
}
