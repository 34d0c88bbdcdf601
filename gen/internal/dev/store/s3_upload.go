package store

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

func (v *View) createUpload(w http.ResponseWriter, r *http.Request, bucket, key string) error {
	headers, meta, _ := s3About(r)
	id, err := v.store.buckets.begin(&upload{bucket: bucket, key: key, headers: headers, meta: meta})
	if err != nil {
		v.refused(err.Error())
		return err
	}
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
