package build

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
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

// SumsFile is the name of the file in dist/ that has the digests of all others
// there, as sha256sum writes and checks them.
const SumsFile = "SHA256SUMS"

// addSums adds the digests of the files in the folders of dist/ that are not
// those of built, by their paths in dist/. Names that begin with a dot, and
// what lies in dist/ itself, do not count.
func addSums(root *os.Root, built []Built, sums map[string]string) error {
	return fs.WalkDir(root.FS(), model.DistDir, func(name string, entry fs.DirEntry, err error) error {
		folder, isBelow := strings.CutPrefix(name, model.DistDir+"/")
		switch {
		case err != nil:
			return err
		case strings.HasPrefix(entry.Name(), "."),
			slices.ContainsFunc(built, func(b Built) bool { return b.Target == folder }):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !isBelow || !entry.Type().IsRegular() || path.Dir(name) == model.DistDir:
			return nil
		}
		f, err := readFile(root, name)
		sums[folder] = f.SHA256
		return err
	})
}

func formatSums(sums map[string]string) []byte {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(sums)) {
		fmt.Fprintf(&text, "%s  %s\n", sums[name], name)
	}
	return []byte(text.String())
}

// readSums returns what SHA256SUMS has.
func readSums(root *os.Root) (map[string]string, error) {
	text, err := root.ReadFile(model.DistDir + "/" + SumsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no %s/%s; run fngen build first", model.DistDir, SumsFile)
	}
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	line := 0
	for text := range strings.Lines(string(text)) {
		line++
		sum, name, ok := strings.Cut(strings.TrimSuffix(text, "\n"), "  ")
		if decoded, err := hex.DecodeString(sum); !ok || err != nil || len(decoded) != sha256.Size {
			return nil, fmt.Errorf("%s/%s:%d: not a digest, two spaces and a path; run fngen build again", model.DistDir, SumsFile, line)
		}
		sums[name] = sum
	}
	return sums, nil
}
