package web

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"unicode/utf8"

	"github.com/fngen/fngen/internal/httpbuffer"
	"github.com/fngen/fngen/providers/openwhisk/internal/actionloop"
)

// knownStatus returns the status, or for one that is not registered the one
// that clients have to take it for (RFC 9110, section 15): the controller
// refuses statuses that it does not know.
func knownStatus(status int) int {
	switch {
	case http.StatusText(status) != "":
		return status
	case status >= 200 && status < 600:
		return status / 100 * 100
	}
	return http.StatusInternalServerError
}

// encode makes the answer of a response whose handler has returned.
func encode(w *httpbuffer.Response) []byte {
	w.WriteHeader(http.StatusOK) // if nothing was written
	contentType, body := encodeBody(w.Sent(), w.Body())
	values := http.Header{}
	for _, f := range httpbuffer.Fields(w.Sent()) {
		values.Add(f.Name, f.Value)
	}
	headers := make(map[string]any, len(values)+1)
	for name, all := range values {
		headers[name] = all
		if len(all) == 1 {
			headers[name] = all[0]
		}
	}
	headers["Content-Type"] = contentType
	return actionloop.Answer(struct {
		StatusCode int            `json:"statusCode"`
		Headers    map[string]any `json:"headers"`
		Body       string         `json:"body"`
	}{knownStatus(w.Status()), headers, body})
}

// encodeBody returns the body as the controller wants it for the content type,
// which is sniffed if the handler gave none.
func encodeBody(header http.Header, body []byte) (contentType, encoded string) {
	contentType = httpbuffer.OneLine(header.Get("Content-Type"))
	switch {
	case contentType == "" && header.Get("Content-Encoding") == "":
		contentType = http.DetectContentType(body)
	case parse(contentType).name == "":
		contentType = binary
	}
	if textInReply(contentType) {
		if utf8.Valid(body) {
			return contentType, string(body)
		}
		slog.Warn("reply sent as "+binary+": OpenWhisk carries this content type in UTF-8 only", "content type", contentType)
		contentType = binary
	}
	return contentType, base64.StdEncoding.EncodeToString(body)
}

// binary is the content type of which every body can be carried.
const binary = "application/octet-stream"
