package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// storageJSON serves objects of buckets: get, list, delete and rewrite. The path is
// what is below the API's, escaped.
//
// https://cloud.google.com/storage/docs/json_api/v1/objects
func (v *View) storageJSON(w http.ResponseWriter, r *http.Request, path string) {
	if err := v.storageCall(w, r, path); err != nil {
		failStorage(w, err)
	}
}

func failStorage(w http.ResponseWriter, err error) {
	status, reason := http.StatusBadRequest, "invalid"
	for _, c := range []struct {
		is     error
		status int
		reason string
	}{
		{errNotFound, http.StatusNotFound, "notFound"}, {errNoBucket, http.StatusNotFound, "notFound"}, {errNoUpload, http.StatusNotFound, "notFound"},
		{errConflict, http.StatusPreconditionFailed, "conditionNotMet"}, {errDenied, http.StatusForbidden, "forbidden"}, {errUnknown, http.StatusBadRequest, "notImplemented"}, // which clients do not repeat, as they do 501

		{errBusy, http.StatusTooManyRequests, "rateLimitExceeded"}, {errTooLarge, http.StatusRequestEntityTooLarge, "uploadTooLarge"},
	} {
		if errors.Is(err, c.is) {
			status, reason = c.status, c.reason
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	one := native.JSON("domain", "global", "reason", reason, "message", err.Error())
	_, _ = w.Write(native.JSON("error", native.JSON("code", status, "message", err.Error(), "errors", native.Array([]json.RawMessage{one})))) // the caller may be gone
}

// splitStorage returns bucket and key of a path below the API's, and what follows.
// The key is "" for that of all objects.
func splitStorage(path string) (bucket, key string, rest []string, err error) {
	steps := strings.Split(path, "/")
	for i := range steps {
		if steps[i], err = url.PathUnescape(steps[i]); err != nil {
			return "", "", nil, because(errBad, "%v", err)
		}
	}
	if len(steps) < 3 || steps[0] != "b" || steps[2] != "o" {
		return "", "", nil, because(errUnknown, "%s", model.Clip(path))
	}
	if len(steps) > 3 {
		key, rest = steps[3], steps[4:]
	}
	return steps[1], key, rest, nil
}

// generationOf is the condition of a request.
func generationOf(query url.Values) (condition, error) {
	text := query.Get("ifGenerationMatch")
	if text == "" {
		return condition{}, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return condition{}, because(errBad, "ifGenerationMatch is %q", text)
	}
	return condition{absent: n == 0, generation: n}, nil
}

func (v *View) storageCall(w http.ResponseWriter, r *http.Request, path string) error {
	bucket, key, rest, err := splitStorage(path)
	if errors.Is(err, errUnknown) {
		return v.unknown("Cloud Storage", r.Method+" "+path)
	}
	if err != nil {
		return err
	}
	if !v.store.buckets.has(bucket) {
		return because(errNoBucket, "%s", model.Clip(bucket))
	}
	query := r.URL.Query()
	when, err := generationOf(query)
	if err != nil {
		return err
	}
	switch {
	case r.Method == http.MethodGet && key == "":
		return v.storageList(w, r, bucket, query)
	case r.Method == http.MethodGet && len(rest) == 0:
		return v.storageGet(w, r, bucket, key)
	case r.Method == http.MethodDelete && len(rest) == 0 && key != "":
		if err := v.may(model.UseObject, bucket, key, true); err != nil {
			return err
		}
		if err := v.remove(bucket, key, when); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	case r.Method == http.MethodPost && len(rest) == 5 && rest[0] == "rewriteTo" && rest[1] == "b" && rest[3] == "o":
		return v.rewrite(w, r, bucket, key, rest[2], rest[4], when)
	}
	return v.unknown("Cloud Storage", r.Method+" "+path)
}

// resource is the object as the API has it.
func resource(bucket, key string, f file) json.RawMessage {
	meta := native.Omit
	if len(f.meta) > 0 {
		meta = f.meta
	}
	optional := func(name string) any {
		if f.headers[name] == "" {
			return native.Omit
		}
		return f.headers[name]
	}
	at := f.time.UTC().Format(time.RFC3339Nano)
	generation := strconv.FormatInt(f.generation, 10)
	return native.JSON("kind", "storage#object", "id", bucket+"/"+key+"/"+generation, "name", key, "bucket", bucket, "generation", generation, "metageneration", "1",
		"contentType", f.headers["Content-Type"], "contentEncoding", optional("Content-Encoding"), "contentLanguage", optional("Content-Language"),
		"contentDisposition", optional("Content-Disposition"), "cacheControl", optional("Cache-Control"), "storageClass", "STANDARD", "size", strconv.FormatInt(f.size, 10),
		"md5Hash", base64.StdEncoding.EncodeToString(f.md5[:]), "etag", f.etag, "timeCreated", at, "updated", at, "metadata", meta)
}

func writeStorage(w http.ResponseWriter, answer json.RawMessage) error {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(answer) // the caller may be gone
	return nil
}

func (v *View) storageGet(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	if err := v.mayRead(bucket, key); err != nil {
		return err
	}
	if r.URL.Query().Get("alt") == "media" {
		return v.storageMedia(w, r, bucket, key)
	}
	o, err := v.store.buckets.stat(bucket, key)
	if errors.Is(err, errNotFound) {
		err = because(errNotFound, "No such object: %s/%s", bucket, key)
	}
	if err != nil {
		return err
	}
	return writeStorage(w, resource(bucket, key, o.file))
}

func (v *View) storageMedia(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	o, err := v.store.buckets.open(bucket, key)
	if err != nil {
		return err
	}
	defer o.Close()
	w.Header().Set("X-Goog-Generation", strconv.FormatInt(o.generation, 10))
	w.Header().Set("X-Goog-Metageneration", "1")
	w.Header().Set("X-Goog-Stored-Content-Length", strconv.FormatInt(o.size, 10))
	for name, value := range o.meta {
		w.Header().Set("X-Goog-Meta-"+name, value)
	}
	o.serve(w, r)
	return nil
}

// storageXML serves the content of objects by bucket and key in the path, as the
// XML API does.
//
// https://cloud.google.com/storage/docs/xml-api/get-object-download
func (v *View) storageXML(w http.ResponseWriter, r *http.Request, path string) {
	bucket, key, err := splitObject(path)
	if err == nil {
		err = v.mayRead(bucket, key)
	}
	if err == nil {
		err = v.storageMedia(w, r, bucket, key)
	}
	if err != nil {
		failS3(w, r, err) // whose form it has
	}
}

func (v *View) storageList(w http.ResponseWriter, r *http.Request, bucket string, query url.Values) error {
	prefix := query.Get("prefix")
	if err := v.mayList(bucket, prefix); err != nil {
		return err
	}
	most := maxListed
	if n, err := strconv.Atoi(query.Get("maxResults")); err == nil && n > 0 {
		most = min(n, most)
	}
	token, err := base64.RawURLEncoding.DecodeString(query.Get("pageToken"))
	if err != nil {
		return because(errBad, "the page token is incorrect")
	}
	if query.Get("startOffset")+query.Get("endOffset")+query.Get("matchGlob") != "" || query.Get("versions") == "true" {
		return v.unknown("Cloud Storage", "list by other than prefix and delimiter")
	}
	list, err := v.store.buckets.list(r.Context(), bucket, prefix, query.Get("delimiter"), string(token), most)
	if err != nil {
		return err
	}
	items := []json.RawMessage{}
	for _, o := range list.objects {
		items = append(items, resource(bucket, o.key, o.file))
	}
	next, prefixes := native.Omit, native.Omit
	if list.next != "" {
		next = base64.RawURLEncoding.EncodeToString([]byte(list.next))
	}
	if list.prefixes != nil {
		prefixes = list.prefixes
	}
	return writeStorage(w, native.JSON("kind", "storage#objects", "nextPageToken", next, "prefixes", prefixes, "items", native.Array(items)))
}

func (v *View) rewrite(w http.ResponseWriter, r *http.Request, from, fromKey, bucket, key string, when condition) error {
	if err := v.mayRead(from, fromKey); err != nil {
		return err
	}
	if err := v.may(model.UseObject, bucket, key, true); err != nil {
		return err
	}
	if !v.store.buckets.has(bucket) {
		return because(errNoBucket, "%s", model.Clip(bucket))
	}
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	_, headers, meta, err := parseResource(body)
	if err != nil {
		return err
	}
	if len(headers) == 0 && len(meta) == 0 {
		headers = nil
	}
	is, err := v.copy(from, fromKey, bucket, key, headers, meta, when)
	if err != nil {
		return err
	}
	size := strconv.FormatInt(is.size, 10)
	return writeStorage(w, native.JSON("kind", "storage#rewriteResponse", "totalBytesRewritten", size, "objectSize", size, "done", true, "resource", resource(bucket, key, is)))
}

// parseResource reads what is said of an object that is to be written. Nothing is
// nothing.
func parseResource(body []byte) (name string, headers, meta map[string]string, err error) {
	var o struct {
		Name, ContentType, ContentEncoding, ContentLanguage, ContentDisposition, CacheControl string
		Metadata                                                                              map[string]string
	}
	if len(body) > 0 {
		if err := json.Unmarshal(body, &o); err != nil {
			return "", nil, nil, because(errBad, "%v", err)
		}
	}
	headers = map[string]string{}
	for name, value := range map[string]string{
		"Content-Type": o.ContentType, "Content-Encoding": o.ContentEncoding, "Content-Language": o.ContentLanguage, "Content-Disposition": o.ContentDisposition, "Cache-Control": o.CacheControl,
	} {
		if value != "" {
			headers[name] = value
		}
	}
	return o.Name, headers, o.Metadata, nil
}

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
	bucket, _, _, err := splitStorage(path)
	if errors.Is(err, errUnknown) {
		return v.unknown("Cloud Storage", r.Method+" "+path)
	}
	if err != nil {
		return err
	}
	if !v.store.buckets.has(bucket) {
		return because(errNoBucket, "%s", model.Clip(bucket))
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
	own, headers, meta, err := parseResource(said)
	if err != nil {
		return err
	}
	if name == "" {
		name = own
	}
	if headers["Content-Type"] == "" && contentType != "" {
		headers["Content-Type"] = contentType
	}
	if err := v.may(model.UseObject, bucket, name, true); err != nil {
		return err
	}
	s, err := v.store.buckets.spooled(body)
	if err != nil {
		return err
	}
	defer s.done()
	is, err := v.place(bucket, name, s, s.about(headers, meta), when)
	if err != nil {
		return err
	}
	return writeStorage(w, resource(bucket, name, is))
}

func (v *View) storageResumable(w http.ResponseWriter, r *http.Request, bucket, name string, when condition) error {
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	own, headers, meta, err := parseResource(body)
	if err != nil {
		return err
	}
	if name == "" {
		name = own
	}
	if contentType := r.Header.Get("X-Upload-Content-Type"); headers["Content-Type"] == "" && contentType != "" {
		headers["Content-Type"] = contentType
	}
	if err := v.may(model.UseObject, bucket, name, true); err != nil {
		return err
	}
	id, err := v.store.buckets.begin(&upload{bucket: bucket, key: name, headers: headers, meta: meta, when: when})
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
	is, err := v.place(bucket, u.key, u.whole, u.whole.about(u.headers, u.meta), u.when)
	if err != nil {
		return err
	}
	return writeStorage(w, resource(bucket, u.key, is))
}
