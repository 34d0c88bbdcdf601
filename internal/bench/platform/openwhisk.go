package platform

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/fngen/fngen/internal/bench/program"
)

// An OpenWhisk is a program that an ActionLoop proxy feeds: a line with a
// request goes to its standard input, a line with the answer comes from its
// file descriptor 3.
//
// https://github.com/apache/openwhisk-runtime-go
type OpenWhisk struct {
	*program.Process
	in, out *os.File
	answers *bufio.Reader
}

// StartOpenWhisk starts the command, and returns when it has acknowledged the
// start.
func StartOpenWhisk(cmd *exec.Cmd) (_ *OpenWhisk, err error) {
	o := &OpenWhisk{}
	var stdin, answers *os.File // the program's ends
	if stdin, o.in, err = os.Pipe(); err != nil {
		return nil, err
	}
	if o.out, answers, err = os.Pipe(); err != nil {
		stdin.Close()
		o.in.Close()
		return nil, err
	}
	o.answers = bufio.NewReader(o.out)
	cmd.Stdin, cmd.ExtraFiles = stdin, []*os.File{answers}
	cmd.Env = append(cmd.Env, "__OW_EXECUTION_ENV=openwhisk/action-golang-v1.24", "__OW_API_HOST=https://openwhisk.example.com", "__OW_WAIT_FOR_ACK=1")
	o.Process, err = program.Start(cmd)
	stdin.Close() // the program alone has it, so that its end is seen
	answers.Close()
	if err != nil {
		o.close()
		return nil, err
	}
	ack, err := o.read()
	if err == nil && string(ack) != `{"ok":true}` {
		err = fmt.Errorf("the program acknowledges with %s", ack)
	}
	if err != nil {
		o.Stop()
		return nil, err
	}
	return o, nil
}

// Activate writes the line, which has its end, and returns the answer without
// one. It is good until the next call.
func (o *OpenWhisk) Activate(line []byte) ([]byte, error) {
	if _, err := o.in.Write(line); err != nil {
		return nil, err
	}
	return o.read()
}

func (o *OpenWhisk) read() ([]byte, error) {
	if err := o.out.SetReadDeadline(time.Now().Add(program.Patience)); err != nil {
		return nil, err
	}
	answer, err := o.answers.ReadSlice('\n')
	if err != nil {
		o.Process.Stop()
		return nil, fmt.Errorf("read answer: %w: %w", err, o.Ended())
	}
	return bytes.TrimSuffix(answer, []byte("\n")), nil
}

// Stop kills the program.
func (o *OpenWhisk) Stop() {
	o.Process.Stop()
	o.close()
}

func (o *OpenWhisk) close() {
	o.in.Close()
	o.out.Close()
}
