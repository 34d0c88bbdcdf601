package store

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// A listing is a part of the objects of a bucket.
type listing struct {
	objects  []listed
	prefixes []string
	next     string // what comes after it, as list's after; "" for nothing
}

type listed struct {
	key string
	file
}

// maxListed is how many objects a page of a list has at most, on each service.
const maxListed = 1000

// list returns at most so many objects and prefixes, in the order of their names,
// from the one behind after on. What has the delimiter behind the prefix is
// one prefix.
func (b *buckets) list(ctx context.Context, bucket, prefix, delimiter, after string, most int) (listing, error) {
	var out listing
	names, err := b.read()
	if err != nil {
		return out, err
	}
	var keys []string
	for name := range names {
		if key, ok := strings.CutPrefix(name, bucket+"/"); ok && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	last := ""
	for _, key := range keys {
		entry, isPrefix := key, false
		if i := strings.Index(key[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			entry, isPrefix = key[:len(prefix)+i+len(delimiter)], true
		}
		if entry <= after || isPrefix && entry == last {
			continue
		}
		if len(out.objects)+len(out.prefixes) == most {
			out.next = last
			return out, nil
		}
		last = entry
		if isPrefix {
			out.prefixes = append(out.prefixes, entry)
			continue
		}
		o, err := b.stat(bucket, key)
		if errors.Is(err, errNotFound) {
			continue
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return out, err
		}
		out.objects = append(out.objects, listed{key, o.file})
	}
	return out, nil
}

// mayList returns an error unless the function may list what begins with the
// prefix.
func (v *View) mayList(bucket, prefix string) error {
	return v.may(model.UseObject, bucket, prefix, false)
}

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
	writeXML(w, answer)
	return nil
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
