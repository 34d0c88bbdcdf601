package platform

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/fngen/fngen/gen/internal/dev/program"
)

// actionLoop is OpenWhisk's platform: requests go to standard input, a line
// each, and answers come back by the descriptor 3.
//
// https://github.com/apache/openwhisk-runtime-go/blob/master/docs/ACTION.md
type actionLoop struct{}

func (actionLoop) close() {}

type proxy struct {
	process  *Process
	requests io.WriteCloser
	out      *os.File // whose other end gets the answers; the process's own
	in       *os.File
	answers  chan []byte // closed at the end
}

func (actionLoop) connect(p *Process) (protocol, error) {
	in, out, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	requests, err := p.cmd.StdinPipe()
	if err != nil {
		in.Close()
		out.Close()
		return nil, err
	}
	p.cmd.ExtraFiles = []*os.File{out} // 3
	p.cmd.Env = append(p.cmd.Env, program.ParentVariable+"="+program.ParentFD)
	x := &proxy{p, requests, out, in, make(chan []byte)}
	go x.read()
	return x, nil
}

// maxAnswer is the size in bytes above which the platform cuts an answer.
//
// https://github.com/apache/openwhisk/blob/master/docs/reference.md
const maxAnswer = 1 << 20

// read reads answers until the process ends.
func (x *proxy) read() {
	defer close(x.answers)
	for r := bufio.NewReader(x.in); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		select {
		case x.answers <- line[:len(line)-1]:
		case <-x.process.ended:
			return
		}
	}
}

// started closes what only the process writes to, so that answers end with it.
func (x *proxy) started() { x.out.Close() }

func (x *proxy) close() {
	x.requests.Close()
	x.out.Close()
	x.in.Close()
}

func (x *proxy) ready() error {
	line, ok := <-x.answers
	if !ok {
		<-x.process.ended
		return errEnded
	}
	var ack struct{ OK bool }
	if err := json.Unmarshal(line, &ack); err != nil || !ack.OK {
		return fmt.Errorf("it acknowledges its start with %.200q", line)
	}
	return nil
}

// end ends the requests.
func (x *proxy) end() { x.requests.Close() }

func (x *proxy) deliver(d *delivery) (Answer, error) {
	name := "/guest/" + x.process.function.Name
	body, err := x.bound(d.Body)
	if err != nil {
		return Answer{}, fmt.Errorf("deliver to %s: the parameters are not JSON: %w", x.process.function.Name, err)
	}
	line, err := json.Marshal(map[string]any{
		"value": body, "namespace": "guest", "action_name": name, "action_version": "0.0.1",
		"activation_id": d.id, "transaction_id": d.id, "api_key": "local:local", "deadline": strconv.FormatInt(d.deadline.UnixMilli(), 10),
	})
	if err != nil {
		return Answer{}, fmt.Errorf("deliver to %s: the parameters are not JSON: %w", x.process.function.Name, err)
	}
	if _, err := x.requests.Write(append(line, '\n')); err != nil {
		return Answer{}, errEnded
	}
	select {
	case line, ok := <-x.answers:
		if !ok {
			return Answer{}, errEnded
		}
		return decodeAnswer(line), nil
	case <-d.Done():
		return Answer{}, d.Err()
	}
}

// bound returns the parameters with those that are bound to the action, as the
// platform adds them.
func (x *proxy) bound(body []byte) (json.RawMessage, error) {
	if x.process.view == nil || len(x.process.view.Parameters()) == 0 {
		return body, nil
	}
	var parameters map[string]json.RawMessage
	if err := json.Unmarshal(body, &parameters); err != nil {
		return nil, err
	}
	for name, value := range x.process.view.Parameters() {
		if parameters == nil {
			parameters = map[string]json.RawMessage{}
		}
		if parameters[name] == nil {
			parameters[name], _ = json.Marshal(value) // text encodes
		}
	}
	return json.Marshal(parameters)
}

// decodeAnswer understands the line of an answer, a failure as the platform does.
func decodeAnswer(line []byte) Answer {
	a := Answer{Body: line, ContentType: "application/json"}
	var object map[string]json.RawMessage
	switch {
	case len(line) > maxAnswer:
		return Answer{Failure: "result too large", Body: fmt.Appendf(nil, "the result has %d bytes, more than %d, the limit of the platform", len(line), maxAnswer)}
	case json.Unmarshal(line, &object) != nil:
		a.Failure = "no JSON object"
	case object["error"] != nil:
		a.Failure = "application error"
	}
	return a
}
