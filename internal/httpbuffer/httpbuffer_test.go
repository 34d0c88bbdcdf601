package httpbuffer

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
)

// What is written after Close goes nowhere, and the writer is told, as
// http.TimeoutHandler does it.
func TestClose(t *testing.T) {
	w := &Response{}
	w.Close()
	if n, err := io.WriteString(w, "late"); n != 0 || !errors.Is(err, http.ErrHandlerTimeout) {
		t.Errorf("wrote %d bytes, error %v", n, err)
	}
	if w.Status() != 0 || len(w.Body()) != 0 {
		t.Errorf("status %d, body %q", w.Status(), w.Body())
	}
}

// Headers leave as they were when the status was written, one line each, in one
// order, and without what frames the message.
func TestFields(t *testing.T) {
	w := &Response{}
	w.Header()["x-b"] = []string{"lower"}
	w.Header()["X-B"] = []string{"2\r\nX-C: 3", " 1 "}
	w.Header()["Not A Token"] = []string{"x"}
	w.Header().Set("Content-Length", "7")
	w.Header().Set("Connection", "close")
	w.WriteHeader(http.StatusAccepted)
	w.Header().Set("X-Late", "1")
	want := []Field{{"X-B", "2  X-C: 3"}, {"X-B", "1"}, {"X-B", "lower"}}
	if got := Fields(w.Sent()); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A body that leaves in parts is whole.
func TestTakeBody(t *testing.T) {
	w := &Response{}
	var all []byte
	for _, part := range []string{"a", "", "bc"} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		all = append(all, w.TakeBody()...)
	}
	if string(all) != "abc" || len(w.Body()) != 0 {
		t.Errorf("took %q, left %q", all, w.Body())
	}
}
