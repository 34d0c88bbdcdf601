package gen_test

import (
	"bytes"
	"os"
	"testing"
)

// No finding has the user, the password, the token or the query of a URL that
// stands in fngen.yaml, whatever else is wrong with it.
func TestFindingsHideURLs(t *testing.T) {
	golden, err := os.ReadFile("testdata/errors/private_urls.txtar")
	if err != nil {
		t.Fatal(err)
	}
	input, findings, _ := bytes.Cut(golden, []byte("-- want --"))
	for _, hidden := range []string{"alice", "s3cret", "s3/cret", "t0ken"} {
		if !bytes.Contains(input, []byte(hidden)) || bytes.Contains(findings, []byte(hidden)) {
			t.Errorf("%q is not in the input, or in the findings", hidden)
		}
	}
}
