package buckets_test

import (
	"testing"

	"gocloud.dev/blob/memblob"

	"github.com/fngen/fngen/internal/testkit/buckets"
)

// The bucket of a unit test does what the platforms' do.
func TestMemory(t *testing.T) {
	b := memblob.OpenBucket(nil)
	buckets.Run(t, b, b, "")
}
