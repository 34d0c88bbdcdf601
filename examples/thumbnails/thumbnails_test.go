package thumbnails

import (
	"bytes"
	"image"
	"image/png"
	"testing"

	"gocloud.dev/blob/memblob"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

func studio(t *testing.T) *Studio {
	t.Helper()
	s, err := New(t.Context(), memblob.OpenBucket(nil), memblob.OpenBucket(nil))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func upload(t *testing.T, s *Studio, key string, data []byte) {
	t.Helper()
	if err := s.in.WriteAll(t.Context(), key, data, nil); err != nil {
		t.Fatal(err)
	}
}

// A picture is made small on each platform that the function is meant for; what
// is no picture is given up, and one that was deleted meanwhile is nothing.
func TestThumbnail(t *testing.T) {
	s := studio(t)
	var large bytes.Buffer
	if err := png.Encode(&large, image.NewGray(image.Rect(0, 0, 640, 320))); err != nil {
		t.Fatal(err)
	}
	upload(t, s, "a b/ü.png", large.Bytes())
	upload(t, s, "no.png", []byte("no picture"))

	f := replay.Bucket("pictures", fn.On(s.Thumbnail))
	f.Created, f.Prefix, f.Platforms = true, "in/", []string{"aws", "gcp"}
	f.Deliver(t, replay.Object{Key: "in/a b/ü.png", Size: int64(large.Len())}, replay.Object{Key: "out/a b/ü.png.png"}).
		Want(t, replay.Acknowledged, replay.Ignored)
	f.Deliver(t, replay.Object{Key: "in/no.png"}).Want(t, replay.DeadLettered)
	f.Deliver(t, replay.Object{Key: "in/gone.png"}).Want(t, replay.Acknowledged)

	data, err := s.out.ReadAll(t.Context(), "a b/ü.png.png")
	if err != nil {
		t.Fatal(err)
	}
	if small, err := png.Decode(bytes.NewReader(data)); err != nil || small.Bounds().Size() != image.Pt(160, 80) {
		t.Errorf("%v, %v; want 160 x 80", small.Bounds(), err)
	}
}

// A picture that claims to be huge is refused before it is decoded.
func TestHuge(t *testing.T) {
	s := studio(t)
	var small bytes.Buffer
	if err := png.Encode(&small, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	huge := small.Bytes()
	copy(huge[16:24], []byte{0, 1, 0, 0, 0, 1, 0, 0}) // width and height of 65,536
	upload(t, s, "huge.png", huge)
	if err := s.Thumbnail(t.Context(), fn.Object{Key: "in/huge.png"}); err == nil {
		t.Error("it was taken")
	}
}
