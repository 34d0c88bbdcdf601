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
		return platform.Payload{Header: http.Header{"Content-Type": {"application/json"}}, Body: file}, nil
	}
	r := bufio.NewReader(bytes.NewReader(file))
	switch {
	case requestLine.Match(file):
		request, err := http.ReadRequest(r)
		if err != nil {
			return platform.Payload{}, fmt.Errorf("the payload is no HTTP request: %w", err)
		}
		request.Header.Set("Host", request.Host)
		body := request.Body
		if request.ContentLength < 0 || request.Header.Get("Content-Length") == "" && request.TransferEncoding == nil {
			body = io.NopCloser(r) // all that follows
		}
		data, err := io.ReadAll(body)
		return platform.Payload{Method: request.Method, Target: request.RequestURI, Header: request.Header, Body: data}, err
	case headerLine.Match(file):
		header, err := textproto.NewReader(r).ReadMIMEHeader()
		if err != nil {
			return platform.Payload{}, fmt.Errorf("the payload's headers: %w", err)
		}
		data, err := io.ReadAll(r)
		return platform.Payload{Header: http.Header(header), Body: data}, err
	}
	return platform.Payload{}, errors.New("the payload is neither JSON nor an HTTP request nor headers with a body, which Google sends")
}
