package hello

import (
	"testing"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/fn/fntest/replay"
)

// Uploads reach the handler, and deletions do not.
func TestPicture(t *testing.T) {
	picture := replay.Bucket("pictures", fn.On(Picture))
	picture.Created = true
	picture.Platforms = []string{"aws", "gcp"}
	picture.Deliver(t, replay.Object{Key: "a.png", Size: 7}, replay.Object{Key: "a.png", Deleted: true}).
		Want(t, replay.Acknowledged, replay.Ignored)
}
