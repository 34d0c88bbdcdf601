package store

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// s3Namespace is that of S3's XML.
const s3Namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

// s3 serves objects of buckets in the path: GetObject, HeadObject, PutObject,
// CopyObject, DeleteObject, uploads in parts and ListObjectsV2. The path is what is
// below the server's, escaped.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
func (v *View) s3(w http.ResponseWriter, r *http.Request, path string) {
	if err := v.s3Call(w, r, path); err != nil {
		failS3(w, r, err)
	}
}

var s3Refusals = refusals{
	errNotFound: {http.StatusNotFound, "NoSuchKey"}, errNoBucket: {http.StatusNotFound, "NoSuchBucket"}, errNoUpload: {http.StatusNotFound, "NoSuchUpload"},
	errConflict: {http.StatusPreconditionFailed, "PreconditionFailed"}, errDenied: {http.StatusForbidden, "AccessDenied"},
	errUnknown: {http.StatusNotImplemented, "NotImplemented"}, errBusy: {http.StatusServiceUnavailable, "SlowDown"},
	errTooLarge: {http.StatusBadRequest, "EntityTooLarge"},
}

func failS3(w http.ResponseWriter, r *http.Request, err error) {
	is := s3Refusals.of(err, refusal{http.StatusBadRequest, "InvalidRequest"})
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(is.status)
	if r.Method == http.MethodHead {
		return
	}
	writeXML(w, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: is.word, Message: err.Error()})
}

var (
	errNoBucket = errors.New("there is no such bucket")
	errNoUpload = errors.New("there is no such upload")
)

func writeXML(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/xml")
	var b bytes.Buffer
	b.WriteString(xml.Header)
	_ = xml.NewEncoder(&b).Encode(v) // which encodes
	_, _ = w.Write(b.Bytes())        // the caller may be gone
}

// splitObject returns bucket and key of an escaped path.
func splitObject(path string) (bucket, key string, err error) {
	escaped, rest, _ := strings.Cut(path, "/")
	if bucket, err = url.PathUnescape(escaped); err == nil {
		key, err = url.PathUnescape(rest)
	}
	if err != nil {
		err = because(errBad, "%v", err)
	}
	return bucket, key, err
}

// Parameters of requests for objects that are served.
var s3Parameters = []string{
	"x-id", "uploads", "uploadId", "partNumber", "list-type", "prefix", "delimiter", "max-keys", "continuation-token", "start-after", "encoding-type", "fetch-owner",
}

func (v *View) s3Call(w http.ResponseWriter, r *http.Request, path string) error {
	bucket, key, err := splitObject(path)
	if err != nil {
		return err
	}
	if bucket != "" && !v.store.buckets.has(bucket) {
		return because(errNoBucket, "%s", model.Clip(bucket))
	}
	query := r.URL.Query()
	for name := range query {
		if !slices.Contains(s3Parameters, name) {
			return v.unknown("S3", r.Method+" ?"+name)
		}
	}
	isUpload := query.Has("uploadId")
	switch {
	case key == "" && bucket != "" && r.Method == http.MethodGet && query.Get("list-type") == "2":
		return v.listObjects(w, r, bucket, query)
	case key == "":
		return v.unknown("S3", r.Method+" /"+model.Clip(bucket))
	case !isUpload && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		return v.getObject(w, r, bucket, key)
	}
	if err := v.may(model.UseObject, bucket, key, true); err != nil {
		return err
	}
	switch {
	case r.Method == http.MethodPost && query.Has("uploads"):
		return v.createUpload(w, r, bucket, key)
	case r.Method == http.MethodPut && isUpload && r.Header.Get("X-Amz-Copy-Source") == "":
		return v.uploadPart(w, r, bucket, key, query)
	case r.Method == http.MethodPost && isUpload:
		return v.completeUpload(w, r, bucket, key, query.Get("uploadId"))
	case r.Method == http.MethodDelete && isUpload:
		return v.abortUpload(w, bucket, key, query.Get("uploadId"))
	case r.Method == http.MethodPut && !isUpload && r.Header.Get("X-Amz-Copy-Source") != "":
		return v.copyObject(w, r, bucket, key)
	case r.Method == http.MethodPut && !isUpload:
		return v.putObject(w, r, bucket, key)
	case r.Method == http.MethodDelete && !isUpload:
		err := v.remove(bucket, key, condition{})
		if err != nil && !errors.Is(err, errNotFound) {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	return v.unknown("S3", r.Method+" of an object")
}

// mayRead returns an error unless the function may read the object, which one that
// writes may, too: gocloud.dev asks for an object before it deletes it.
func (v *View) mayRead(bucket, key string) error {
	for _, u := range v.function.Uses {
		if u.Kind == model.UseObject && u.Name == bucket && (u.AsName || strings.HasPrefix(key, u.Prefix)) {
			return nil
		}
	}
	return v.may(model.UseObject, bucket, key, false)
}

func (v *View) getObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	if err := v.mayRead(bucket, key); err != nil {
		return err
	}
	o, err := v.store.buckets.open(bucket, key)
	if err != nil {
		return err
	}
	defer o.Close()
	for name, value := range o.meta {
		w.Header().Set("X-Amz-Meta-"+name, value)
	}
	o.serve(w, r)
	return nil
}

// Headers that an object keeps as they are given.
var keptHeaders = []string{"Content-Type", "Content-Encoding", "Content-Language", "Content-Disposition", "Cache-Control"}

// s3About returns what the request says of the object. What it says of the form of
// its own body is no part of it.
func s3About(r *http.Request) (headers, meta map[string]string, when condition) {
	headers, meta = map[string]string{}, map[string]string{}
	for _, name := range keptHeaders {
		value := r.Header.Get(name)
		if name == "Content-Encoding" {
			value = strings.Trim(strings.ReplaceAll(value, "aws-chunked", ""), ", ")
		}
		if value != "" {
			headers[name] = value
		}
	}
	for name, values := range r.Header {
		if own, ok := strings.CutPrefix(strings.ToLower(name), "x-amz-meta-"); ok {
			meta[own] = values[0]
		}
	}
	return headers, meta, condition{absent: r.Header.Get("If-None-Match") == "*"}
}

// s3Body is the request's body, out of the chunks in which clients sign it. An
// error at its end says that the client gave it up.
func s3Body(r *http.Request) (io.Reader, error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return r.Body, nil
	}
	length, err := strconv.ParseInt(r.Header.Get("X-Amz-Decoded-Content-Length"), 10, 64)
	if err != nil || length < 0 {
		return nil, because(errBad, "x-amz-decoded-content-length is missing")
	}
	return &exactly{httputil.NewChunkedReader(r.Body), length}, nil
}

// exactly reads so many bytes, or fails.
type exactly struct {
	r    io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.left -= int64(n)
	switch {
	case e.left < 0, err == io.EOF && e.left > 0:
		return n, because(errBad, "the body has another length than it says")
	}
	return n, err
}

// receive reads the body into a file, and compares its digest if it says one.
func (v *View) receive(r *http.Request) (*spool, error) {
	body, err := s3Body(r)
	if err != nil {
		return nil, err
	}
	s, err := v.store.buckets.spooled(body)
	if err != nil {
		return nil, err
	}
	if digest := r.Header.Get("Content-Md5"); digest != "" && digest != base64.StdEncoding.EncodeToString(s.hash.Sum(nil)) {
		s.done()
		return nil, because(errBad, "the Content-MD5 you specified did not match what we received")
	}
	return s, nil
}

func (v *View) putObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	s, err := v.receive(r)
	if err != nil {
		return err
	}
	defer s.done()
	headers, meta, when := s3About(r)
	is, err := v.place(bucket, key, s, s.about(headers, meta), when)
	if err != nil {
		return err
	}
	w.Header().Set("Etag", `"`+is.etag+`"`)
	return nil
}

func (v *View) copyObject(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	source, err := url.PathUnescape(r.Header.Get("X-Amz-Copy-Source"))
	if err != nil {
		return because(errBad, "%v", err)
	}
	from, fromKey, _ := strings.Cut(strings.TrimPrefix(source, "/"), "/")
	if err := v.mayRead(from, fromKey); err != nil {
		return err
	}
	headers, meta, when := s3About(r)
	if r.Header.Get("X-Amz-Metadata-Directive") != "REPLACE" {
		headers = nil
	}
	is, err := v.copy(from, fromKey, bucket, key, headers, meta, when)
	if err != nil {
		return err
	}
	writeXML(w, struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified string
		ETag         string
	}{LastModified: is.time.UTC().Format(time.RFC3339Nano), ETag: `"` + is.etag + `"`})
	return nil
}
