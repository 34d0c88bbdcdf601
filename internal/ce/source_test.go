package ce

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A source is what url.Parse makes of it, and fails where that does.
func FuzzParseSource(f *testing.F) {
	for _, seed := range []string{
		"arn:aws:sqs:eu-west-1:123456789012:orders", "arn:aws:s3:::uploads", "arn:/a", "arn://a/b", "arn:", "arn:a?b#c", "ARN:a", "arn:a%20b", "arn:a b",
		"/shop", "/", "//host/path", "///", "/a%2Fb", "/a b", "/a:b", "/~a", "/a?b", "/a#", "#", "?", "", "%zz", "a:b", "/..//.", "//storage.googleapis.com/projects/_/buckets/b",
		"//pubsub.googleapis.com/projects/p/topics/t", "//firestore.googleapis.com/projects/p/databases/(default)", "//host", "//host/", "//host//a", "///a", "//_/a", "//-/..", "//h:1/a", "//u@h/a",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseSource(s)
		want, wantErr := url.Parse(s)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: error %v, url.Parse: %v", s, err, wantErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(*want, got.URL, cmp.AllowUnexported(url.Userinfo{})); diff != "" {
			t.Errorf("%q: url.Parse -, ParseSource +\n%s", s, diff)
		}
		if a := (Attributes{}); true {
			a.ctx.Source = got
			if a.hasSource() != (got.String() != "") {
				t.Errorf("%q: hasSource is %v", s, a.hasSource())
			}
		}
	})
}

// The sources that platforms name cost no parsing, which would allocate.
func TestParseSourceAllocates(t *testing.T) {
	for _, s := range []string{
		"arn:aws:sqs:eu-west-1:123456789012:orders", "/shop", "//storage.googleapis.com/projects/_/buckets/b", "//pubsub.googleapis.com/projects/p/topics/t",
	} {
		if n := testing.AllocsPerRun(10, func() { _, _ = ParseSource(s) }); n != 0 {
			t.Errorf("%s: %v allocations", s, n)
		}
	}
}
