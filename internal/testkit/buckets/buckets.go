// Package buckets has what handlers do with a bucket, and what must come of it
// on every platform and in memory.
package buckets

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// Run tries the operations on a bucket that is empty. Where the bucket is what
// is below a prefix, whole is all of it, and prefix what keys have there.
func Run(t *testing.T, b, whole *blob.Bucket, prefix string) {
	t.Helper()
	ctx := t.Context()
	missing := func(t *testing.T, err error) {
		t.Helper()
		if gcerrors.Code(err) != gcerrors.NotFound {
			t.Errorf("of an object that is not there: %v, want NotFound", err)
		}
	}
	keys := func(t *testing.T, b *blob.Bucket, prefix string) (keys []string) {
		t.Helper()
		for list := b.List(&blob.ListOptions{Prefix: prefix}); ; {
			o, err := list.Next(ctx)
			if errors.Is(err, io.EOF) {
				return keys
			} else if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, o.Key)
		}
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 12<<16) // 12 MB: more than one part
	written := map[string][]byte{
		"a.txt":               []byte("hello"),
		"empty":               {},
		"deep/er/b.txt":       []byte("b"),
		"with space+plus.txt": []byte("c"),
		"größe/日本.txt":        []byte("d"),
		"100%/x?y#z&=.txt":    []byte("e"),
		"large":               large,
	}
	var names []string
	for key := range written {
		names = append(names, key)
	}
	slices.Sort(names)

	t.Run("absent", func(t *testing.T) {
		_, err := b.ReadAll(ctx, "absent")
		missing(t, err)
		_, err = b.Attributes(ctx, "absent")
		missing(t, err)
		missing(t, b.Delete(ctx, "absent"))
		if found, err := b.Exists(ctx, "absent"); err != nil || found {
			t.Errorf("exists: %v, %v", found, err)
		}
		if got := keys(t, b, ""); got != nil {
			t.Errorf("the bucket has %q", got)
		}
	})
	t.Run("write and read", func(t *testing.T) {
		for key, data := range written {
			if err := b.WriteAll(ctx, key, data, &blob.WriterOptions{ContentType: "text/x-test"}); err != nil {
				t.Errorf("write %s: %v", key, err)
				continue
			}
			got, err := b.ReadAll(ctx, key)
			if err != nil || sha256.Sum256(got) != sha256.Sum256(data) {
				t.Errorf("read %s: %d bytes, %v; want %d", key, len(got), err, len(data))
			}
			at, err := b.Attributes(ctx, key)
			if err != nil || at.ContentType != "text/x-test" || at.Size != int64(len(data)) {
				t.Errorf("attributes of %s: %+v, %v", key, at, err)
			}
		}
	})
	t.Run("a part", func(t *testing.T) {
		r, err := b.NewRangeReader(ctx, "large", 1<<20+3, 5, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if got, err := io.ReadAll(r); string(got) != "34567" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("list", func(t *testing.T) {
		if got := keys(t, b, ""); !slices.Equal(got, names) {
			t.Errorf("%q, want %q", got, names)
		}
		if got := keys(t, b, "deep/"); !slices.Equal(got, []string{"deep/er/b.txt"}) {
			t.Errorf("below deep/: %q", got)
		}
	})
	t.Run("overwrite", func(t *testing.T) {
		if err := b.WriteAll(ctx, "a.txt", []byte("again"), nil); err != nil {
			t.Fatal(err)
		}
		if got, err := b.ReadAll(ctx, "a.txt"); string(got) != "again" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("given up", func(t *testing.T) {
		given, up := context.WithCancel(ctx)
		defer up()
		w, err := b.NewWriter(given, "given up", nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(large[:1000]); err != nil {
			t.Fatal(err)
		}
		up()
		if err := w.Close(); err == nil {
			t.Error("a writer that was given up has written")
		}
		_, err = b.Attributes(ctx, "given up")
		missing(t, err)
	})
	t.Run("keys", func(t *testing.T) {
		for _, key := range keys(t, whole, "") {
			if !strings.HasPrefix(key, prefix) {
				t.Errorf("%q is not below %q", key, prefix)
			}
		}
		if _, err := whole.Attributes(ctx, prefix+"a.txt"); err != nil {
			t.Error(err)
		}
	})
	t.Run("delete", func(t *testing.T) {
		for _, key := range names {
			if err := b.Delete(ctx, key); err != nil {
				t.Errorf("delete %s: %v", key, err)
			}
			_, err := b.ReadAll(ctx, key)
			missing(t, err)
		}
	})
}
