package build

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func nowhere(DistFile) bool { return false }

func cacheKey(n int) string { return fmt.Sprintf("%064x", n) }

func cached(text string) []DistFile {
	return []DistFile{newDistFile("confirm.zip", []byte(text)), newDistFile("confirm.cdx.json", []byte("{}\n"))}
}

func testCache(t *testing.T) *Cache { return NewCache(filepath.Join(t.TempDir(), "not", "yet")) }

// What was kept comes back, byte by byte, and under its own key alone.
func TestCache(t *testing.T) {
	t.Parallel()
	c := testCache(t)
	if _, ok := c.get(cacheKey(1), nowhere); ok {
		t.Error("an empty cache has an entry")
	}
	c.put(cacheKey(1), cached("one\n\x00two"))
	files, ok := c.get(cacheKey(1), nowhere)
	if !ok || len(files) != 2 || files[0].Path != "confirm.zip" || string(files[0].Data) != "one\n\x00two" || string(files[1].Data) != "{}\n" {
		t.Errorf("got %v, %+v", ok, files)
	}
	if _, ok := c.get(cacheKey(2), nowhere); ok {
		t.Error("another key has the entry")
	}
	files, ok = c.get(cacheKey(1), func(f DistFile) bool { return f.Path == "confirm.zip" })
	if !ok || files[0].Data != nil || files[0].SHA256 != digest([]byte("one\n\x00two")) || string(files[1].Data) != "{}\n" {
		t.Errorf("with one file there: got %v, %+v", ok, files)
	}
}

// No damage of an entry is served, whichever byte it hits; the entry can be
// made again.
func TestCacheDamage(t *testing.T) {
	t.Parallel()
	c := testCache(t)
	name := filepath.Join(c.dir, cacheKey(1))
	c.put(cacheKey(1), cached("some text"))
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": nil, "lines": []byte("\n\n\n\n"), "other": []byte(strings.Repeat("x", 500))}
	for i := range whole {
		flipped := bytes.Clone(whole)
		flipped[i] ^= 1
		damaged[fmt.Sprintf("byte %d", i)] = flipped
		damaged[fmt.Sprintf("up to %d", i)] = whole[:i]
	}
	for what, data := range damaged {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if files, ok := c.get(cacheKey(1), nowhere); ok {
			t.Errorf("%s: served %q", what, files[0].Data)
		}
		if _, err := os.Stat(name); err == nil {
			t.Errorf("%s: the entry is still there", what)
		}
	}
	c.put(cacheKey(1), cached("some text"))
	if _, ok := c.get(cacheKey(1), nowhere); !ok {
		t.Error("the entry was not made again")
	}
}

// An entry whose header is whole, but names a file out of the folder or sizes
// that the entry does not have, is damaged: nothing is read or allocated for it.
func TestCacheOfOtherFiles(t *testing.T) {
	t.Parallel()
	c := testCache(t)
	c.put(cacheKey(1), cached("some text"))
	whole := cached("some text")
	of := func(path string, size int64) []DistFile {
		return []DistFile{{Path: path, Size: size, SHA256: whole[0].SHA256}, whole[1]}
	}
	for what, files := range map[string][]DistFile{
		"a path out of the folder": of("../confirm.zip", 9), "an absolute path": of("/confirm.zip", 9), "the folder": of(".", 9), "the record": of(RecordFile, 9),
		"a size below zero": of("confirm.zip", -9), "a huge size": of("confirm.zip", 1<<62), "a size too much": of("confirm.zip", 10), "a size too few": of("confirm.zip", 8),
		"sizes that overflow": {{Path: "a", Size: 1 << 62}, {Path: "b", Size: 1 << 62}, {Path: "c", Size: 1 << 62}, {Path: "d", Size: 1<<62 + 12}},
	} {
		header, err := json.Marshal(files)
		if err != nil {
			t.Fatal(err)
		}
		header = append(header, '\n')
		entry := digest(header) + "\n" + string(header) + "some text{}\n"
		for _, isThere := range []func(DistFile) bool{nowhere, func(DistFile) bool { return true }} {
			if err := os.WriteFile(filepath.Join(c.dir, cacheKey(1)), []byte(entry), 0o600); err != nil {
				t.Fatal(err)
			}
			if files, ok := c.get(cacheKey(1), isThere); ok {
				t.Errorf("%s: served %+v", what, files)
			}
		}
	}
}

// A cache that cannot be written or read is empty, and harms nothing.
func TestCacheWithoutFolder(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("own"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*Cache{nil, NewCache(file), NewCache(filepath.Join(file, "below"))} {
		c.put(cacheKey(1), cached("text"))
		if _, ok := c.get(cacheKey(1), nowhere); ok {
			t.Errorf("%v has an entry", c)
		}
		c.trim()
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != "own" {
		t.Errorf("the file is now %q, %v", data, err)
	}
	c := testCache(t)
	c.put("", cached("text"))
	if _, ok := c.get("", nowhere); ok {
		t.Error("the key \"\" has an entry")
	}
}

// Beyond its limit the cache loses what was not used for the longest time, and
// nothing else that lies in its folder.
func TestCacheLimit(t *testing.T) {
	t.Parallel()
	c := testCache(t)
	text := strings.Repeat("x", 1000)
	for n := range 4 {
		c.put(cacheKey(n), cached(text))
		old := time.Now().Add(time.Duration(n-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(c.dir, cacheKey(n)), old, old); err != nil {
			t.Fatal(err)
		}
	}
	own := filepath.Join(c.dir, "own.txt")
	if err := os.WriteFile(own, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	abandoned := filepath.Join(c.dir, cacheKey(9)+".123.tmp")
	if err := os.WriteFile(abandoned, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	long := time.Now().Add(-100 * time.Hour)
	for _, name := range []string{own, abandoned} {
		if err := os.Chtimes(name, long, long); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := c.get(cacheKey(0), nowhere); !ok { // which is the oldest no more
		t.Fatal("the entry is not there")
	}
	c.limit = 3000 // room for two
	c.trim()
	for n, want := range []bool{true, false, false, true} {
		if _, ok := c.get(cacheKey(n), nowhere); ok != want {
			t.Errorf("entry %d is there: %t, want %t", n, ok, want)
		}
	}
	if _, err := os.Stat(abandoned); err == nil {
		t.Error("what another process never finished is still there")
	}
	if _, err := os.Stat(own); err != nil {
		t.Errorf("another file in the folder: %v", err)
	}
}

// Processes that share a folder see an entry whole or not at all.
func TestCacheIsShared(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	texts := []string{strings.Repeat("a", 1<<16), strings.Repeat("b", 1<<16)}
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			c := &Cache{dir: dir, limit: 1 << 17}
			for n := range 50 {
				c.put(cacheKey(n%3), cached(texts[i%2]))
				if files, ok := c.get(cacheKey(n%3), nowhere); ok && string(files[0].Data) != texts[0] && string(files[0].Data) != texts[1] {
					t.Errorf("served %d bytes that nobody kept", len(files[0].Data))
				}
				c.trim()
			}
		})
	}
	group.Wait()
	left, err := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
