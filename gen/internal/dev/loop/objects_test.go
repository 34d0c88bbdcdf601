package loop

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What was there when it began has not happened now; after that each file that is
// new, changed or gone is a change of an object, whose key is its path.
func TestObjects(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, ".fngen/objects/pictures/old.png", "x")
	o, err := openObjects(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := func(want ...string) {
		t.Helper()
		changes, err := o.changes()
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, c := range changes {
			got = append(got, fmt.Sprintf("%s %s %d %s deleted=%t", c.bucket, c.object.Key, c.object.Size, c.object.ContentType, c.object.Deleted))
		}
		if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	want()
	put(t, dir, ".fngen/objects/pictures/a/new.png", "xy")
	put(t, dir, ".fngen/objects/pictures/.partial", "xy")
	put(t, dir, ".fngen/objects/no-bucket", "xy")
	want("pictures a/new.png 2 image/png deleted=false")
	want()
	put(t, dir, ".fngen/objects/pictures/old.png", "xyz")
	if err := os.RemoveAll(filepath.Join(dir, ".fngen/objects/pictures/a")); err != nil {
		t.Fatal(err)
	}
	put(t, dir, ".fngen/objects/texts/b", "")
	want("pictures a/new.png 0 image/png deleted=true", "pictures old.png 3 image/png deleted=false", "texts b 0 application/octet-stream deleted=false")
}
