package build

import (
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// DistTargets returns those of the known targets that have files in dist/, by
// SHA256SUMS or in their folders.
func DistTargets(root *os.Root, known []string) ([]string, error) {
	sums, err := readSums(root)
	if err != nil {
		return nil, err
	}
	if err := addSums(root, nil, sums); err != nil {
		return nil, err
	}
	var targets []string
	for _, t := range known {
		for name := range sums {
			if strings.HasPrefix(name, t+"/") {
				targets = append(targets, t)
				break
			}
		}
	}
	return targets, nil
}

// A Difference is a file of dist/ that is not as it was built anew.
type Difference struct {
	Path   string `json:"path"` // relative to the application's root
	Reason string `json:"reason"`
}

// The reasons of a [Difference].
const (
	Differs  = "differs"  // it is there with other contents
	Missing  = "missing"  // it is not there
	Extra    = "extra"    // nothing like it was built
	Unlisted = "unlisted" // SHA256SUMS has not its digest
)

// Compare compares what was built, which has data for all files, with those in
// dist/ and with SHA256SUMS. It returns the differences, sorted by path, and
// how many files there are.
func Compare(root *os.Root, built []Built) ([]Difference, int, error) {
	listed, err := readSums(root)
	if err != nil {
		return nil, 0, err
	}
	there := map[string]string{}
	if err := addSums(root, nil, there); err != nil {
		return nil, 0, err
	}
	want := map[string]string{}
	for _, b := range built {
		for _, f := range b.Files {
			want[b.Target+"/"+f.Path] = f.SHA256
		}
	}
	all := maps.Clone(want)
	maps.Copy(all, listed)
	maps.Copy(all, there)
	var differences []Difference
	for _, name := range slices.Sorted(maps.Keys(all)) {
		reason := ""
		switch sum := want[name]; {
		case sum == "":
			reason = Extra
		case there[name] == "":
			reason = Missing
		case there[name] != sum:
			reason = Differs
		case listed[name] != sum:
			reason = Unlisted
		default:
			continue
		}
		differences = append(differences, Difference{model.DistDir + "/" + name, reason})
	}
	return differences, len(all), nil
}
