package acceptance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// The bill of materials of an artifact is of that artifact, names the modules
// that it holds by their package URLs, and no folder of this machine.
func TestBillsOfMaterials(t *testing.T) {
	a := app(t)
	every := []string{
		"pkg:golang/example.com/acceptance", "pkg:golang/github.com/cloudevents/sdk-go/v2@v2.16.2", "pkg:golang/github.com/fngen/fngen", "pkg:golang/github.com/json-iterator/go@v1.1.12",
		"pkg:golang/github.com/modern-go/concurrent@v0.0.0-20180306012644-bacd9c7ef1dd", "pkg:golang/github.com/modern-go/reflect2@v1.0.2",
	}
	const local = "pkg:golang/example.com/greeting"
	for name, want := range map[string][]string{
		"aws/receive":     append([]string{"pkg:golang/github.com/aws/aws-lambda-go@v1.55.1", "pkg:golang/github.com/aws/aws-sdk-go-v2@v1.47.7", "pkg:golang/github.com/aws/smithy-go@v1.28.8"}, every...),
		"openwhisk/relay": append([]string{local}, every...),
		"gcp/relay": append([]string{local, "pkg:golang/cloud.google.com/go/functions@v1.19.3", "pkg:golang/github.com/google/uuid@v1.6.0",
			"pkg:golang/github.com/googlecloudplatform/functions-framework-go@v1.9.2", "pkg:golang/go.uber.org/multierr@v1.11.0", "pkg:golang/go.uber.org/zap@v1.28.0"}, every...),
	} {
		data, err := os.ReadFile(a.bills[name])
		if err != nil {
			t.Fatal(err)
		}
		var bill struct {
			BOMFormat string
			Metadata  struct {
				Component struct {
					Hashes []struct{ Alg, Content string }
				}
			}
			Components []struct{ Name, PURL string }
		}
		if err := json.Unmarshal(data, &bill); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		archive, err := os.ReadFile(a.archive(t, name))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(archive)
		if h := bill.Metadata.Component.Hashes; bill.BOMFormat != "CycloneDX" || len(h) != 1 || h[0].Alg != "SHA-256" || h[0].Content != hex.EncodeToString(sum[:]) {
			t.Errorf("%s: the bill is of %+v", name, bill.Metadata.Component)
		}
		var got []string
		standard := false
		for _, c := range bill.Components {
			if c.Name == "std" {
				standard = true
				continue
			}
			got = append(got, c.PURL)
		}
		if !standard {
			t.Errorf("%s: the standard library is not in the bill", name)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: modules %q, want %q", name, got, want)
		}
	}
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range a.bills {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, folder := range []string{repo, scratchName, "../"} {
			if bytes.Contains(data, []byte(folder)) {
				t.Errorf("%s: the bill holds %s", name, folder)
			}
		}
	}
}
