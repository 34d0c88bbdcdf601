package store

import (
	"encoding/base64"
	"encoding/json"
	"errors"
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

var storageRefusals = refusals{
	errNotFound: {http.StatusNotFound, "notFound"}, errNoBucket: {http.StatusNotFound, "notFound"}, errNoUpload: {http.StatusNotFound, "notFound"},
	errConflict: {http.StatusPreconditionFailed, "conditionNotMet"}, errDenied: {http.StatusForbidden, "forbidden"},
	errUnknown: {http.StatusBadRequest, "notImplemented"}, // which clients do not repeat, as they do 501
	errBusy:    {http.StatusTooManyRequests, "rateLimitExceeded"}, errTooLarge: {http.StatusRequestEntityTooLarge, "uploadTooLarge"},
}

func failStorage(w http.ResponseWriter, err error) {
	is := storageRefusals.of(err, refusal{http.StatusBadRequest, "invalid"})
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(is.status)
	one := native.JSON("domain", "global", "reason", is.word, "message", err.Error())
	_, _ = w.Write(native.JSON("error", native.JSON("code", is.status, "message", err.Error(), "errors", native.Array([]json.RawMessage{one})))) // the caller may be gone
}

// split returns bucket and key of a path below the API's, and what follows. The key
// is "" for that of all objects.
func (v *View) split(r *http.Request, path string) (bucket, key string, rest []string, err error) {
	steps := strings.Split(path, "/")
	for i := range steps {
		if steps[i], err = url.PathUnescape(steps[i]); err != nil {
			return "", "", nil, because(errBad, "%v", err)
		}
	}
	if len(steps) < 3 || steps[0] != "b" || steps[2] != "o" {
		return "", "", nil, v.unknown("Cloud Storage", r.Method+" "+path)
	}
	if !v.store.buckets.has(steps[1]) {
		return "", "", nil, because(errNoBucket, "%s", model.Clip(steps[1]))
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
	bucket, key, rest, err := v.split(r, path)
	if err != nil {
		return err
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
