package gcp

import (
	"bytes"
	"io"
	"net/http"
)

const (
	// maxBody is the size in bytes above which a request is refused: the
	// platform's own limit. Base64 inside of it is smaller decoded.
	maxBody = 32 << 20

	// maxAhead is the size in bytes up to which a declared length is believed
	// before the body has arrived.
	maxAhead = 64 << 10
)

// readBody reads the whole body. One of a declared length up to maxAhead is
// read into one buffer of that size; the length is a hint, and the body counts.
// A body above maxBody is an [http.MaxBytesError].
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	var start []byte
	if n := r.ContentLength; n >= 0 {
		start = make([]byte, 0, min(n, maxAhead)+1) // one more to see the end
	}
	for len(start) < cap(start) {
		n, err := r.Body.Read(start[len(start):cap(start)])
		start = start[:len(start)+n]
		switch err {
		case nil:
		case io.EOF:
			return start, nil
		default:
			return nil, err
		}
	}
	rest := http.MaxBytesReader(w, r.Body, maxBody-int64(len(start)))
	return io.ReadAll(io.MultiReader(bytes.NewReader(start), rest))
}
