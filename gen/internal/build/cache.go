package build

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// A Cache keeps built files in a folder, under keys that stand for all that
// decides their bytes. Several processes may share the folder.
//
// It is a help and no more: what is damaged counts as absent, and where
// nothing can be read or written, nothing is kept. A nil Cache is empty, and so
// is the key "".
type Cache struct {
	dir   string
	limit int64 // bytes
}

// cacheLimit is how large a cache may grow, in bytes. Beyond it, the entries
// that were not used for the longest time go.
const cacheLimit = 2 << 30

// NewCache returns the cache in the folder, which need not exist.
func NewCache(dir string) *Cache { return &Cache{dir: dir, limit: cacheLimit} }

// entryName matches the names of entries and of those being written. What else
// lies in the folder is not the cache's.
var entryName = regexp.MustCompile(`^[0-9a-f]{64}(\.[0-9]+\.tmp)?$`)

// An entry is a file: the digest of the second line, the second line, which is
// the JSON of the files, and their data.

// get returns the files under the key, whose digests are those of their data.
// The files that lie elsewhere already, as isThere says, come without data.
func (c *Cache) get(key string, isThere func(DistFile) bool) ([]DistFile, bool) {
	if c == nil || key == "" {
		return nil, false
	}
	name := filepath.Join(c.dir, key)
	entry, err := os.Open(name)
	if err != nil {
		return nil, false
	}
	defer entry.Close()
	files, err := readEntry(entry, isThere)
	if err != nil {
		_ = os.Remove(name)
		return nil, false
	}
	now := time.Now()
	_ = os.Chtimes(name, now, now)
	return files, true
}

var errDamaged = errors.New("the entry is damaged")

func readEntry(entry io.ReadSeeker, isThere func(DistFile) bool) ([]DistFile, error) {
	const lengthOfDigest = sha256.Size*2 + 1
	r := bufio.NewReader(entry)
	want, err := r.ReadString('\n')
	if err != nil {
		return nil, err
	}
	header, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	if len(want) != lengthOfDigest || digest(header) != strings.TrimSuffix(want, "\n") {
		return nil, errDamaged
	}
	var files []DistFile
	if err := json.Unmarshal(header, &files); err != nil {
		return nil, err
	}
	offset := int64(len(want) + len(header))
	size, err := entry.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	size -= offset
	for _, f := range files {
		if !f.isWithin() || f.Size < 0 || f.Size > size {
			return nil, errDamaged
		}
		size -= f.Size
	}
	if size != 0 {
		return nil, errDamaged
	}
	for i, f := range files {
		if !isThere(f) {
			if _, err := entry.Seek(offset, io.SeekStart); err != nil {
				return nil, err
			}
			data := make([]byte, f.Size)
			if _, err := io.ReadFull(entry, data); err != nil {
				return nil, err
			}
			if digest(data) != f.SHA256 {
				return nil, errDamaged
			}
			files[i].Data = data
		}
		offset += f.Size
	}
	return files, nil
}

// put keeps the files under the key.
func (c *Cache) put(key string, files []DistFile) {
	if c == nil || key == "" {
		return
	}
	header, err := json.Marshal(files)
	if err != nil || os.MkdirAll(c.dir, 0o700) != nil {
		return
	}
	header = append(header, '\n')
	entry, err := os.CreateTemp(c.dir, key+".*.tmp")
	if err != nil {
		return
	}
	_, err = io.WriteString(entry, digest(header)+"\n"+string(header))
	for _, f := range files {
		if err == nil {
			_, err = entry.Write(f.Data)
		}
	}
	if err = errors.Join(err, entry.Close()); err == nil {
		err = os.Rename(entry.Name(), filepath.Join(c.dir, key))
	}
	if err != nil {
		_ = os.Remove(entry.Name())
	}
}

// trim removes the entries that were not used for the longest time until the
// others are within the limit.
func (c *Cache) trim() {
	if c == nil {
		return
	}
	names, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var entries []fs.FileInfo
	var size int64
	for _, n := range names {
		if info, err := n.Info(); err == nil && info.Mode().IsRegular() && entryName.MatchString(n.Name()) {
			entries = append(entries, info)
			size += info.Size()
		}
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, e := range entries {
		if size <= c.limit {
			return
		}
		if os.Remove(filepath.Join(c.dir, e.Name())) == nil {
			size -= e.Size()
		}
	}
}
