package invoke

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"regexp"

	"github.com/fngen/fngen/gen/internal/dev/platform"
)

var (
	requestLine = regexp.MustCompile(`^[A-Z]+ \S+ HTTP/1\.[01]\r?\n`)
	headerLine  = regexp.MustCompile(`^[A-Za-z0-9-]+: .*\r?\n`)
)

// Native understands a file with what the platform sends: JSON, as it is. On
// Google it may also be a whole HTTP request, or headers, an empty line and a
// body; JSON alone is the body of a POST then.
func Native(target string, file []byte) (platform.Payload, error) {
	if target != "gcp" || json.Valid(file) {
		if !json.Valid(file) {
			return platform.Payload{}, fmt.Errorf("the payload is not JSON, which %s sends", target)
		}
		body, err := parameters(target, file)
		return platform.Payload{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, err
	}
	switch {
	case requestLine.Match(file):
		r, err := request(file)
		if err != nil {
			return platform.Payload{}, err
		}
		r.Header.Set("Host", r.Hostname())
		return platform.Payload{Method: r.Method, Target: r.Target, Header: r.Header, Body: r.Body}, nil
	case headerLine.Match(file):
		r := bufio.NewReader(bytes.NewReader(file))
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return platform.Payload{}, fmt.Errorf("the payload's headers: %w", err)
		}
		data, err := io.ReadAll(r)
		return platform.Payload{Header: http.Header(header), Body: data}, err
	}
	return platform.Payload{}, errors.New("the payload is neither JSON nor an HTTP request nor headers with a body, which Google sends")
}
