package store

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/hex"
	"hash"
	"io"
	"os"
	"strconv"
	"sync"
)

// How much is on its way at most.
const (
	maxUploads = 100
	maxParts   = 10_000
)

// A spool is a file that is being filled, and that becomes an object or is
// removed.
type spool struct {
	b    *buckets
	name string // below the folder of the buckets
	f    *os.File
	hash hash.Hash
	size int64
}

// spool makes one.
func (b *buckets) spool() (*spool, error) {
	if err := b.root.MkdirAll(uploadsFolder, 0o755); err != nil {
		return nil, err
	}
	name := uploadsFolder + "/" + rand.Text()
	f, err := b.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	return &spool{b, name, f, md5.New(), 0}, nil
}

// fill adds what is read, of which no object has more than it may.
func (s *spool) fill(r io.Reader) error {
	n, err := io.Copy(io.MultiWriter(s.f, s.hash), io.LimitReader(r, maxObject+1-s.size))
	s.size += n
	if err == nil && s.size > maxObject {
		err = because(errTooLarge, "an object has at most %d bytes on this machine", maxObject)
	}
	return err
}

// append adds what another one has.
func (s *spool) append(other *spool) error {
	f, err := s.b.root.Open(other.name)
	if err != nil {
		return err
	}
	defer f.Close()
	return s.fill(f)
}

// about is what is known of the object that it becomes.
func (s *spool) about(headers, meta map[string]string) *about {
	a := &about{headers: headers, meta: meta, md5: [md5.Size]byte(s.hash.Sum(nil))}
	a.etag = hex.EncodeToString(a.md5[:])
	return a
}

// done ends the filling: what is not an object by then is gone.
func (s *spool) done() {
	s.f.Close()
	_ = s.b.root.Remove(s.name) // which is gone if it was renamed
}

// spooled reads all into one, which holds no file open.
func (b *buckets) spooled(r io.Reader) (*spool, error) {
	s, err := b.spool()
	if err != nil {
		return nil, err
	}
	if err := s.fill(r); err != nil {
		s.done()
		return nil, err
	}
	return s, s.f.Close()
}

// An upload is an object that comes in parts.
type upload struct {
	bucket, key   string
	headers, meta map[string]string
	when          condition

	mu    sync.Mutex
	parts map[int]*spool
	whole *spool // of Cloud Storage, whose parts come in their order
	ended bool
}

// begin begins an upload and returns its id.
func (b *buckets) begin(u *upload) (string, error) {
	if err := checkKey(u.key); err != nil {
		return "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.uploads) >= maxUploads {
		return "", because(errBusy, "%d uploads have begun and not ended", maxUploads)
	}
	id := rand.Text()
	u.parts = map[int]*spool{}
	b.uploads[id] = u
	return id, nil
}

// upload returns the upload of the object; nil for none.
func (b *buckets) upload(id, bucket, key string) *upload {
	b.mu.Lock()
	defer b.mu.Unlock()
	u := b.uploads[id]
	if u == nil || u.bucket != bucket || key != "" && u.key != key {
		return nil
	}
	return u
}

// end forgets the upload and what has come of it. Its lock is held.
func (b *buckets) end(id string, u *upload) {
	b.mu.Lock()
	delete(b.uploads, id)
	b.mu.Unlock()
	u.ended = true
	for _, p := range u.parts {
		p.done()
	}
	if u.whole != nil {
		u.whole.done()
	}
}

// add adds a part, in the place of one of the number.
func (u *upload) add(number int, s *spool) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.ended || number < 1 || number > maxParts {
		s.done()
		return because(errBad, "part number %d", number)
	}
	if old := u.parts[number]; old != nil {
		old.done()
	}
	u.parts[number] = s
	return nil
}

// A partOf is a part that an upload is to be completed with.
type partOf struct {
	PartNumber int
	ETag       string
}

// join makes one file of the parts. The upload's lock is held.
func (b *buckets) join(u *upload, parts []partOf) (*spool, *about, error) {
	out, err := b.spool()
	if err != nil {
		return nil, nil, err
	}
	failed := func(err error) (*spool, *about, error) {
		out.done()
		return nil, nil, err
	}
	sums := md5.New()
	for i, p := range parts {
		part := u.parts[p.PartNumber]
		if part == nil || i > 0 && parts[i-1].PartNumber >= p.PartNumber {
			return failed(because(errBad, "part %d was not uploaded, or is not in its order", p.PartNumber))
		}
		sum := part.hash.Sum(nil)
		if p.ETag != "" && p.ETag != `"`+hex.EncodeToString(sum)+`"` && p.ETag != hex.EncodeToString(sum) {
			return failed(because(errBad, "part %d has another etag", p.PartNumber))
		}
		sums.Write(sum)
		if err := out.append(part); err != nil {
			return failed(err)
		}
	}
	a := out.about(u.headers, u.meta)
	a.etag = hex.EncodeToString(sums.Sum(nil)) + "-" + strconv.Itoa(len(parts))
	return out, a, nil
}
