package openwhisk

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/fngen/fngen/internal/native"
)

// Results implements native.Platform: nothing is delivered again, and an error
// names those that failed.
func (p Platform) Results(payload native.Payload, a native.Answer) ([]native.Result, error) {
	out := native.All(len(payload.Entries), native.Acknowledged)
	if payload.Kind == "http" {
		return out, nil
	}
	var answer map[string]string
	if err := json.Unmarshal(a.Body, &answer); err != nil {
		return nil, fmt.Errorf("read the answer %s: %w", a.Body, err)
	}
	text, failed := answer["error"]
	if len(answer) > 1 || len(answer) == 1 && !failed {
		return nil, fmt.Errorf("%s is neither {} nor {\"error\":TEXT}", a.Body)
	}
	if !failed {
		return out, nil
	}
	_, list, _ := strings.Cut(text, " events failed: ")
	named := strings.Split(list, ", ")
	for i, e := range payload.Entries {
		isNamed := slices.ContainsFunc(named, func(name string) bool { return strings.HasSuffix(name, " "+e.ID) })
		if len(payload.Entries) == 1 || isNamed {
			out[i].Fate = native.Failed
		}
	}
	return out, nil
}

// Response implements native.Platform.
func (Platform) Response(_ native.Payload, a native.Answer) (native.Response, error) {
	var result struct {
		StatusCode int
		Headers    map[string]any
		Body       string
	}
	if err := json.Unmarshal(a.Body, &result); err != nil {
		return native.Response{}, fmt.Errorf("read the response: %w", err)
	}
	if result.StatusCode == 0 {
		return native.Response{}, errors.New("read the response: it has no status")
	}
	out := native.Response{Status: result.StatusCode, Header: http.Header{}}
	for name, value := range result.Headers {
		switch value := value.(type) {
		case []any:
			for _, v := range value {
				out.Header.Add(name, fmt.Sprint(v))
			}
		default:
			out.Header.Add(name, fmt.Sprint(value))
		}
	}
	if result.Body == "" {
		out.Header.Del("Content-Type")
		return out, nil
	}
	contentType := out.Header.Get("Content-Type")
	out.Body = []byte(result.Body)
	decoded, err := base64.StdEncoding.DecodeString(result.Body)
	switch m := mediaOf(contentType); {
	case !m.text && err != nil:
		return native.Response{}, fmt.Errorf("the body of %s is not base64: %w", contentType, err)
	case !m.text || m.json && err == nil:
		out.Body = decoded
	}
	return out, nil
}
