package store

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
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

func failS3(w http.ResponseWriter, r *http.Request, err error) {
	status, code := http.StatusBadRequest, "InvalidRequest"
	for _, c := range []struct {
		is     error
		status int
		code   string
	}{
		{errNotFound, http.StatusNotFound, "NoSuchKey"}, {errNoBucket, http.StatusNotFound, "NoSuchBucket"}, {errNoUpload, http.StatusNotFound, "NoSuchUpload"},
		{errConflict, http.StatusPreconditionFailed, "PreconditionFailed"}, {errDenied, http.StatusForbidden, "AccessDenied"}, {errUnknown, http.StatusNotImplemented, "NotImplemented"},
		{errBusy, http.StatusServiceUnavailable, "SlowDown"}, {errTooLarge, http.StatusBadRequest, "EntityTooLarge"},
	} {
		if errors.Is(err, c.is) {
			status, code = c.status, c.code
		}
	}
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return
	}
	writeXML(w, struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}{Code: code, Message: err.Error()})
}

var (
	errNoBucket = errors.New("there is no such bucket")
	errNoUpload = errors.New("there is no such upload")
)

func writeXML(w io.Writer, v any) {
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

// serve writes the object, or the part of it that is asked for.
func (o object) serve(w http.ResponseWriter, r *http.Request) {
	for name, value := range o.headers {
		w.Header().Set(name, value)
	}
	w.Header().Set("Etag", `"`+o.etag+`"`)
	http.ServeContent(w, r, "", o.time, o.File)
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
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, struct {
		XMLName      xml.Name `xml:"CopyObjectResult"`
		LastModified string
		ETag         string
	}{LastModified: is.time.UTC().Format(time.RFC3339Nano), ETag: `"` + is.etag + `"`})
	return nil
}

// copy makes an object of another one, with what is known of that if headers are
// nil.
func (v *View) copy(from, fromKey, bucket, key string, headers, meta map[string]string, when condition) (file, error) {
	o, err := v.store.buckets.open(from, fromKey)
	if err != nil {
		return file{}, err
	}
	defer o.Close()
	s, err := v.store.buckets.spooled(o.File)
	if err != nil {
		return file{}, err
	}
	defer s.done()
	if headers == nil {
		headers, meta = o.headers, o.meta
	}
	return v.place(bucket, key, s, s.about(headers, meta), when)
}

func (v *View) createUpload(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	headers, meta, _ := s3About(r)
	id, err := v.store.buckets.begin(&upload{bucket: bucket, key: key, headers: headers, meta: meta})
	if err != nil {
		v.refused(err.Error())
		return err
	}
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, struct {
		XMLName               xml.Name `xml:"InitiateMultipartUploadResult"`
		Bucket, Key, UploadId string
	}{Bucket: bucket, Key: key, UploadId: id})
	return nil
}

func (v *View) uploadPart(w http.ResponseWriter, r *http.Request, bucket, key string, query url.Values) error {
	u := v.store.buckets.upload(query.Get("uploadId"), bucket, key)
	if u == nil {
		return errNoUpload
	}
	number, err := strconv.Atoi(query.Get("partNumber"))
	if err != nil {
		return because(errBad, "%v", err)
	}
	s, err := v.receive(r)
	if err != nil {
		return err
	}
	w.Header().Set("Etag", fmt.Sprintf(`"%x"`, s.hash.Sum(nil)))
	return u.add(number, s)
}

func (v *View) completeUpload(w http.ResponseWriter, r *http.Request, bucket, key, id string) error {
	body, err := readJSON(w, r)
	if err != nil {
		return err
	}
	parts, err := parseComplete(body)
	if err != nil {
		return err
	}
	u := v.store.buckets.upload(id, bucket, key)
	if u == nil {
		return errNoUpload
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended {
		return errNoUpload
	}
	s, a, err := v.store.buckets.join(u, parts)
	if err != nil {
		return err
	}
	defer s.done()
	_, _, when := s3About(r)
	is, err := v.place(bucket, key, s, a, when)
	if err != nil {
		return err
	}
	v.store.buckets.end(id, u)
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, struct {
		XMLName                     xml.Name `xml:"CompleteMultipartUploadResult"`
		Location, Bucket, Key, ETag string
	}{Location: r.URL.Path, Bucket: bucket, Key: key, ETag: `"` + is.etag + `"`})
	return nil
}

// parseComplete reads which parts an object is made of.
func parseComplete(body []byte) ([]partOf, error) {
	var request struct {
		Part []partOf
	}
	if err := xml.Unmarshal(body, &request); err != nil {
		return nil, because(errBad, "%v", err)
	}
	if len(request.Part) == 0 || len(request.Part) > maxParts {
		return nil, because(errBad, "%d parts", len(request.Part))
	}
	return request.Part, nil
}

func (v *View) abortUpload(w http.ResponseWriter, bucket, key, id string) error {
	u := v.store.buckets.upload(id, bucket, key)
	if u == nil {
		return errNoUpload
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	v.store.buckets.end(id, u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// maxListed is how many objects a page of a list has at most, on each service.
const maxListed = 1000

type s3Prefix struct{ Prefix string }

type s3Entry struct {
	Key          string
	LastModified string
	ETag         string
	Size         int64
	StorageClass string
}

func (v *View) listObjects(w http.ResponseWriter, r *http.Request, bucket string, query url.Values) error {
	prefix, delimiter := query.Get("prefix"), query.Get("delimiter")
	if err := v.mayList(bucket, prefix); err != nil {
		return err
	}
	most := maxListed
	if text := query.Get("max-keys"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return because(errBad, "max-keys is %q", text)
		}
		most = min(n, most)
	}
	after := query.Get("start-after")
	if token := query.Get("continuation-token"); token != "" {
		text, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return because(errBad, "the continuation token is incorrect")
		}
		after = string(text)
	}
	list, err := v.store.buckets.list(r.Context(), bucket, prefix, delimiter, after, most)
	if err != nil {
		return err
	}
	encode := func(s string) string { return s }
	if query.Get("encoding-type") == "url" {
		encode = url.QueryEscape
	}
	var answer struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Xmlns                 string   `xml:"xmlns,attr"`
		Name, Prefix          string
		Delimiter             string `xml:",omitempty"`
		EncodingType          string `xml:",omitempty"`
		MaxKeys, KeyCount     int
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []s3Entry
		CommonPrefixes        []s3Prefix
	}
	answer.Xmlns, answer.Name, answer.Prefix, answer.Delimiter, answer.EncodingType = s3Namespace, bucket, encode(prefix), encode(delimiter), query.Get("encoding-type")
	answer.MaxKeys, answer.KeyCount = most, len(list.objects)+len(list.prefixes)
	if list.next != "" {
		answer.IsTruncated, answer.NextContinuationToken = true, base64.RawURLEncoding.EncodeToString([]byte(list.next))
	}
	for _, o := range list.objects {
		answer.Contents = append(answer.Contents, s3Entry{encode(o.key), o.time.UTC().Format(time.RFC3339Nano), `"` + o.etag + `"`, o.size, "STANDARD"})
	}
	for _, p := range list.prefixes {
		answer.CommonPrefixes = append(answer.CommonPrefixes, s3Prefix{encode(p)})
	}
	w.Header().Set("Content-Type", "application/xml")
	writeXML(w, answer)
	return nil
}

// mayList returns an error unless the function may list what begins with the
// prefix.
func (v *View) mayList(bucket, prefix string) error {
	return v.may(model.UseObject, bucket, prefix, false)
}
