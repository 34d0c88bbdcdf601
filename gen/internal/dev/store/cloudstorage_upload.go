package store

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// storageUpload serves uploads: of a body with what is said of it, of a body
// alone, and of pieces that follow each other.
//
// https://cloud.google.com/storage/docs/uploads-downloads
func (v *View) storageUpload(w http.ResponseWriter, r *http.Request, path string) {
	if err := v.uploadCall(w, r, path); err != nil {
		failStorage(w, err)
	}
}

func (v *View) uploadCall(w http.ResponseWriter, r *http.Request, path string) error {
	bucket, _, _, err := v.split(r, path)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	if id := query.Get("upload_id"); id != "" {
		return v.storagePiece(w, r, bucket, id)
	}
	when, err := generationOf(query)
	if err != nil {
		return err
	}
	switch query.Get("uploadType") {
	case "multipart":
		return v.storageMultipart(w, r, bucket, query.Get("name"), when)
	case "media":
		return v.storageBody(w, bucket, query.Get("name"), r.Header.Get("Content-Type"), nil, r.Body, when)
	case "resumable":
		return v.storageResumable(w, r, bucket, query.Get("name"), when)
	}
	return v.unknown("Cloud Storage", "an upload of type "+query.Get("uploadType"))
}

func (v *View) storageMultipart(w http.ResponseWriter, r *http.Request, bucket, name string, when condition) error {
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || parameters["boundary"] == "" {
		return because(errBad, "a multipart upload has a content type with a boundary")
	}
	parts := multipart.NewReader(r.Body, parameters["boundary"])
	said, err := parts.NextRawPart()
	if err != nil {
		return because(errBad, "%v", err)
	}
	text, err := io.ReadAll(io.LimitReader(said, maxJSON))
	if err != nil {
		return because(errBad, "%v", err)
	}
	media, err := parts.NextRawPart()
	if err != nil {
		return because(errBad, "%v", err)
	}
	return v.storageBody(w, bucket, name, media.Header.Get("Content-Type"), text, media, when)
}

// storageBody writes the object of the body.
func (v *View) storageBody(w http.ResponseWriter, bucket, name, contentType string, said []byte, body io.Reader, when condition) error {
	u, err := v.announced(bucket, name, contentType, said, when)
	if err != nil {
		return err
	}
	s, err := v.store.buckets.spooled(body)
	if err != nil {
		return err
	}
	defer s.done()
	return v.finish(w, u, s)
}

// announced returns the upload of the object that is said to come, which may have
// its name there, and which the function may write.
func (v *View) announced(bucket, name, contentType string, said []byte, when condition) (*upload, error) {
	own, headers, meta, err := parseResource(said)
	if err != nil {
		return nil, err
	}
	name = cmp.Or(name, own)
	if headers["Content-Type"] == "" && contentType != "" {
		headers["Content-Type"] = contentType
	}
	return &upload{bucket: bucket, key: name, headers: headers, meta: meta, when: when}, v.may(model.UseObject, bucket, name, true)
}

// finish makes the object of what has come, and answers with it.
func (v *View) finish(w http.ResponseWriter, u *upload, from *spool) error {
	is, err := v.place(u.bucket, u.key, from, from.about(u.headers, u.meta), u.when)
	if err != nil {
		return err
	}
	return writeStorage(w, resource(u.bucket, u.key, is))
}

func (v *View) storageResumable(w http.ResponseWriter, r *http.Request, bucket, name string, when condition) error {
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	u, err := v.announced(bucket, name, r.Header.Get("X-Upload-Content-Type"), body, when)
	if err != nil {
		return err
	}
	id, err := v.store.buckets.begin(u)
	if err != nil {
		v.refused(err.Error())
		return err
	}
	at := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: "uploadType=resumable&upload_id=" + id}
	w.Header().Set("Location", at.String())
	w.Header().Set("X-Guploader-Uploadid", id)
	return nil
}

// parseRange reads which bytes of an object a piece has; total is -1 if it is not
// known yet, and first that of a piece without bytes.
func parseRange(text string) (first, total int64, err error) {
	bad := because(errBad, "the content range is %.100q", text)
	bytes, all, ok := strings.Cut(strings.TrimPrefix(text, "bytes "), "/")
	if !ok || !strings.HasPrefix(text, "bytes ") {
		return 0, 0, bad
	}
	total = -1
	if all != "*" {
		if total, err = strconv.ParseInt(all, 10, 64); err != nil || total < 0 {
			return 0, 0, bad
		}
	}
	if bytes == "*" {
		return -1, total, nil
	}
	from, _, ok := strings.Cut(bytes, "-")
	if first, err = strconv.ParseInt(from, 10, 64); err != nil || first < 0 || !ok {
		return 0, 0, bad
	}
	return first, total, nil
}

// storagePiece takes a piece of an upload, the last of which makes the object.
func (v *View) storagePiece(w http.ResponseWriter, r *http.Request, bucket, id string) error {
	b := v.store.buckets
	u := b.upload(id, bucket, "")
	if u == nil {
		return errNoUpload
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return errNoUpload
	}
	if r.Method == http.MethodDelete {
		b.end(id, u)
		w.WriteHeader(499) // as the service has it
		return nil
	}
	if r.Method != http.MethodPut && r.Method != http.MethodPost {
		return v.unknown("Cloud Storage", r.Method+" of an upload")
	}
	if u.whole == nil {
		var err error
		if u.whole, err = b.spool(); err != nil {
			return err
		}
	}
	first, total := int64(0), int64(-1)
	text := r.Header.Get("Content-Range")
	if text != "" {
		var err error
		if first, total, err = parseRange(text); err != nil {
			return err
		}
	}
	switch {
	case first == u.whole.size:
		if err := u.whole.fill(r.Body); err != nil {
			if errors.Is(err, errTooLarge) {
				b.end(id, u)
			}
			return err
		}
		if text == "" {
			total = u.whole.size
		}
	case first > u.whole.size:
		return because(errBad, "the piece begins at %d, and %d bytes are there", first, u.whole.size)
	} // what is there already is told
	if total < 0 || u.whole.size < total {
		if u.whole.size > 0 {
			w.Header().Set("Range", fmt.Sprintf("bytes=0-%d", u.whole.size-1))
		}
		if r.Header.Get("X-Guploader-No-308") == "yes" { // of Google's own clients
			w.Header().Set("X-Http-Status-Code-Override", "308")
			return nil
		}
		w.WriteHeader(http.StatusPermanentRedirect)
		return nil
	}
	defer b.end(id, u)
	return v.finish(w, u, u.whole)
}
