package gcp

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// Recorded implements native.Platform.
func (Platform) Recorded(kind string, i native.Invocation, file []byte) (native.Payload, error) {
	out := native.Payload{Kind: kind, ID: i.ID, Method: http.MethodPost, Target: "/"}
	first, rest, _ := bytes.Cut(file, []byte("\n"))
	if line := strings.Fields(string(first)); len(line) == 3 && strings.HasPrefix(line[2], "HTTP/") {
		out.Method, out.Target, file = line[0], line[1], rest
	}
	r := bufio.NewReader(bytes.NewReader(file))
	header, err := textproto.NewReader(r).ReadMIMEHeader()
	if err != nil {
		return out, fmt.Errorf("read the recorded request: %w", err)
	}
	out.Header = http.Header(header)
	if out.Body, err = io.ReadAll(r); err != nil {
		return out, fmt.Errorf("read the recorded request: %w", err)
	}
	out.Entries = []native.Entry{{ID: out.Header.Get("Ce-Id"), Raw: out.Body}}
	return out, nil
}
