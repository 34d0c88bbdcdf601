package conformance

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

var modified = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// tableHandler is an application of plain net/http.
func tableHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "root") })
	mux.HandleFunc("/echo/{rest...}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(w, "%s %q %v", r.Method, r.PathValue("rest"), r.URL.Query())
	})
	mux.HandleFunc("GET /items/{id}", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "item %q", r.PathValue("id")) })
	mux.HandleFunc("PUT /items/{id}", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/body", body)
	mux.HandleFunc("POST /form", form)
	mux.HandleFunc("POST /upload", upload)
	mux.HandleFunc("/status/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "x") // an error where there is no body
	})
	mux.HandleFunc("/redirect/{code}", func(w http.ResponseWriter, r *http.Request) {
		code, _ := strconv.Atoi(r.PathValue("code"))
		http.Redirect(w, r, r.URL.Query().Get("to"), code)
	})
	mux.HandleFunc("/header", func(w http.ResponseWriter, r *http.Request) {
		for field := range strings.SplitSeq(r.FormValue("fields"), "|") {
			name, value, _ := strings.Cut(field, "=")
			w.Header().Add(name, value)
		}
		if w.Header().Get("Empty") == "" {
			_, _ = io.WriteString(w, "with headers")
		}
	})
	mux.HandleFunc("/silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/early", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</a.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusAccepted)
		w.Header().Set("X-Late", "1")
	})
	mux.HandleFunc("/gzip", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(Gzip([]byte("hello, hello, hello")))
	})
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.URL.Query().Get("type"))
		b := byte('a')
		if w.Header().Get("Content-Type") == "application/octet-stream" {
			b = 0xff
		}
		_, _ = w.Write(bytes.Repeat([]byte{b}, large))
	})
	mux.HandleFunc("/etag", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "page.html", modified, strings.NewReader("<p>hello</p>"))
	})
	return mux
}

// body answers with the request's body and content type.
func body(w http.ResponseWriter, r *http.Request) {
	if t := r.Header.Get("Content-Type"); t != "" {
		w.Header().Set("Content-Type", t)
	}
	if e := r.Header.Get("Content-Encoding"); e != "" {
		w.Header().Set("Content-Encoding", e)
	}
	_, _ = io.Copy(w, r.Body)
}

func form(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%v %v", r.PostForm, r.Form)
}

func upload(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseMultipartForm(1 << 20); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintf(w, "%v", r.MultipartForm.Value)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range r.MultipartForm.File {
			if !yield(name) {
				return
			}
		}
	}) {
		for _, part := range r.MultipartForm.File[name] {
			content, err := readPart(part)
			fmt.Fprintf(w, " %s: %s %q %v", name, part.Filename, content, err)
		}
	}
}

func readPart(part *multipart.FileHeader) ([]byte, error) {
	f, err := part.Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// large is the length in bytes of a long body.
const large = 5 << 20

func everyByte() []byte {
	b := make([]byte, 256)
	for i := range b {
		b[i] = byte(i)
	}
	return b
}

// Gzip returns the compressed bytes.
func Gzip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(b) // a buffer takes all
	_ = w.Close()
	return out.Bytes()
}
