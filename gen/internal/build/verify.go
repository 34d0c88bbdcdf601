package build

import (
	"bytes"
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

// Records returns what lies in dist/ of the known targets, by their records. Of
// a target that was built before there were records only the name is known.
func Records(root *os.Root, known []string) ([]Record, error) {
	sums, err := readSums(root)
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, t := range known {
		r, err := readRecord(root, t)
		if err != nil {
			return nil, err
		}
		isListed := false
		for name := range sums {
			isListed = isListed || folderOf(name) == t
		}
		if r == nil && isListed {
			r = &Record{Target: t}
		}
		if r != nil {
			records = append(records, *r)
		}
	}
	return records, nil
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
	Extra    = "extra"    // fngen wrote it, and nothing like it was built
	Unlisted = "unlisted" // SHA256SUMS has not its digest
)

// A Comparison is how the folders of targets compare with what was built.
type Comparison struct {
	Differences []Difference // sorted by path
	Files       int          // how many there are that are fngen's
	Others      []string     // what lies there that is not
}

// Compare compares what was built, which has data for all files, with the
// folders of the targets in dist/ and with SHA256SUMS, without regard to the
// line ends of texts. A target of which nothing was built has files too many.
func Compare(root *os.Root, targets []string, built []Built) (Comparison, error) {
	var c Comparison
	listed, err := readSums(root)
	if err != nil {
		return c, err
	}
	for _, t := range targets {
		b := Built{Target: t}
		if i := slices.IndexFunc(built, func(b Built) bool { return b.Target == t }); i >= 0 {
			b = built[i]
		}
		if err := c.add(root, b, listed); err != nil {
			return c, err
		}
	}
	slices.SortFunc(c.Differences, func(a, b Difference) int { return strings.Compare(a.Path, b.Path) })
	return c, nil
}

// add compares the target's folder.
func (c *Comparison) add(root *os.Root, b Built, listed map[string]string) error {
	before, err := readRecord(root, b.Target)
	if err != nil {
		return err
	}
	own := owned(b.Target, before, listed)
	wanted := map[string]DistFile{}
	for _, f := range b.Files {
		wanted[f.Path] = f
	}
	now, err := b.record(root, before, own)
	if err != nil {
		return err
	}
	all := slices.Collect(maps.Keys(own))
	if before != nil {
		all = append(all, RecordFile)
	}
	if before != nil && len(b.Files) > 0 {
		if wanted[RecordFile], err = before.asBuilt(now); err != nil {
			return err
		}
	}
	for name := range listed {
		if path, ok := strings.CutPrefix(name, b.Target+"/"); ok {
			all = append(all, path)
		}
	}
	all = slices.AppendSeq(all, maps.Keys(wanted))
	slices.Sort(all)
	known := Record{Target: b.Target}
	for _, name := range slices.Compact(all) {
		known.Files = append(known.Files, DistFile{Path: name})
		c.Files++
		f, isWanted := wanted[name]
		full := path.Join(model.DistDir, b.Target, name)
		there, err := look(root, full)
		if err != nil {
			return err
		}
		switch {
		case !isWanted:
			c.Differences = append(c.Differences, Difference{full, Extra})
		case !there.isThere:
			c.Differences = append(c.Differences, Difference{full, Missing})
		case !there.isText(f):
			c.Differences = append(c.Differences, Difference{full, Differs})
		case listed[b.Target+"/"+name] != f.SHA256:
			c.Differences = append(c.Differences, Difference{full, Unlisted})
		}
	}
	others, err := foreignFiles(root, known)
	c.Others = append(c.Others, others...)
	return err
}

// asBuilt returns the record as the file that it is to be: its own bytes if it
// says of the build what now does. That files differ is said of them alone.
func (r Record) asBuilt(now Record) (DistFile, error) {
	files, functions := now.Files, now.Functions
	now.Files = r.Files
	if len(r.Functions) == len(functions) {
		now.Functions = slices.Clone(functions)
		for i := range functions {
			now.Functions[i].Artifacts = r.Functions[i].Artifacts
		}
	}
	text, err := r.format()
	if same, e := now.format(); err == nil && e == nil && bytes.Equal(text, same) {
		return newDistFile(RecordFile, text), nil
	}
	now.Files, now.Functions = files, functions
	text, err = now.format()
	return newDistFile(RecordFile, text), err
}

// folderOf is the first element of a path.
func folderOf(name string) string {
	folder, _, _ := strings.Cut(name, "/")
	return folder
}

// SumsFile is the name of the file in dist/ that has the digests of all others
// that fngen wrote there, as sha256sum writes and checks them.
const SumsFile = "SHA256SUMS"

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
		sum, name, ok := strings.Cut(strings.TrimRight(text, "\r\n"), "  ")
		if decoded, err := hex.DecodeString(sum); !ok || err != nil || len(decoded) != sha256.Size {
			return nil, fmt.Errorf("%s/%s:%d: not a digest, two spaces and a path; delete the file and run fngen build again", model.DistDir, SumsFile, line)
		}
		sums[name] = sum
	}
	return sums, nil
}
