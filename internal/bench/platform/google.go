package platform

import (
	"errors"
	"net"
	"os/exec"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// A Server is a program that answers requests at an address.
type Server struct {
	*program.Process
	Address string
}

// StartServer starts the command, to whose environment it adds PORT and what
// Cloud Run sets, and returns when it takes connections.
func StartServer(cmd *exec.Cmd) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close() // the port is free for the program
	_, port, _ := net.SplitHostPort(address)
	cmd.Env = append(cmd.Env, "PORT="+port, "CLOUD_RUN_TIMEOUT_SECONDS=300")
	p, err := program.Start(cmd)
	if err != nil {
		return nil, err
	}
	s := &Server{p, address}
	if err := s.listens(); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// listens tries until there is a connection.
func (s *Server) listens() error {
	for late := time.Now().Add(program.Patience); time.Now().Before(late); time.Sleep(200 * time.Microsecond) {
		if c, err := net.Dial("tcp", s.Address); err == nil {
			return c.Close()
		}
		if err := s.Ended(); err != nil {
			return err
		}
	}
	return errors.New("the program does not listen")
}
