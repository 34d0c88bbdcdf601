package build

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
)

// RecordFile is the name of the file in dist/<target>/ that holds its [Record].
const RecordFile = "build.json"

// A Record says what a target's folder of dist/ is of, and which of the files
// there are fngen's.
type Record struct {
	Target      string             `json:"target"`
	Environment string             `json:"environment"` // "" for none
	Fngen       string             `json:"fngen"`       // the version that built last
	Go          string             `json:"go"`          // and that of the go command
	Interrupted bool               `json:"interrupted,omitempty"`
	Functions   []RecordedFunction `json:"functions"`
	Files       []DistFile         `json:"files"` // by path; of a build that was interrupted those of before as well
}

// A RecordedFunction is a function that the target's infrastructure deploys.
type RecordedFunction struct {
	Function  string   `json:"function"`
	Was       []string `json:"was,omitempty"` // its former names, of which the first is its identity where it is deployed
	Trigger   string   `json:"trigger"`
	Resource  string   `json:"resource"`
	Artifacts []string `json:"artifacts"`       // that are there
	Fngen     string   `json:"fngen,omitempty"` // what built them, if it was another than that of the record
	Go        string   `json:"go,omitempty"`
}

// record returns the record of the folder once what was built lies there, with
// what was built before of other functions.
func (b Built) record(root *os.Root, before *Record, own ownership) (Record, error) {
	r := Record{Target: b.Target, Environment: b.Environment, Fngen: Version(), Go: b.Go}
	for _, f := range b.Files {
		r.Files = append(r.Files, DistFile{Path: f.Path, Size: f.Size, SHA256: f.SHA256})
	}
	for _, name := range b.Others {
		there, err := look(root, path.Join(model.DistDir, b.Target, name))
		if err != nil {
			return r, err
		}
		sums := own[name]
		if !there.isFile || len(sums) == 0 {
			continue
		}
		f := DistFile{Path: name, Size: there.size, SHA256: sums[len(sums)-1]}
		if slices.Contains(sums, there.sum) {
			f.SHA256 = there.sum
		}
		r.Files = append(r.Files, f)
	}
	slices.SortFunc(r.Files, func(a, b DistFile) int { return strings.Compare(a.Path, b.Path) })
	for _, f := range b.Functions {
		f.Artifacts = slices.DeleteFunc(slices.Clone(f.Artifacts), func(a string) bool {
			return !slices.ContainsFunc(r.Files, func(f DistFile) bool { return f.Path == a })
		})
		isOther := slices.ContainsFunc(f.Artifacts, func(a string) bool { return slices.Contains(b.Others, a) })
		if isOther {
			f.Fngen, f.Go = before.builtWith(f.Function)
			if f.Fngen == r.Fngen && f.Go == r.Go {
				f.Fngen, f.Go = "", ""
			}
		}
		r.Functions = append(r.Functions, f)
	}
	return r, nil
}

// builtWith returns the versions of fngen and Go that the function was built
// with.
func (r *Record) builtWith(function string) (fngen, goVersion string) {
	if r == nil {
		return "unknown", "unknown"
	}
	for _, f := range r.Functions {
		if f.Function == function && f.Go != "" {
			return f.Fngen, f.Go
		}
	}
	return r.Fngen, r.Go
}

func recordPath(target string) string { return path.Join(model.DistDir, target, RecordFile) }

func (r Record) format() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(r)
	return b.Bytes(), err
}

// readRecord returns the record of the target's folder, nil if there is none.
// The error is [model.Findings] if something else lies in its place.
func readRecord(root *os.Root, target string) (*Record, error) {
	name := recordPath(target)
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var r Record
	if info.Mode().IsRegular() {
		data, err := root.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(data, &r) != nil {
			r = Record{}
		}
	}
	if r.Target != target || r.Go == "" || slices.ContainsFunc(r.Files, func(f DistFile) bool { return !f.isWithin() }) {
		return nil, model.Findings{foreign(name)}
	}
	return &r, nil
}

// isWithin reports whether the file's path is one below a folder.
func (f DistFile) isWithin() bool {
	return fs.ValidPath(f.Path) && f.Path != "." && f.Path != RecordFile
}

// foreign and edited are the findings of what lies in the way of a file.

func foreign(name string) model.Diagnostic {
	return model.Diagnostic{Code: "file-foreign", Pos: token.Position{Filename: name},
		Message: "this was not written by fngen; move it elsewhere, or delete it to have it built"}
}

func edited(name string) model.Diagnostic {
	return model.Diagnostic{Code: "file-edited", Pos: token.Position{Filename: name},
		Message: "this was edited since fngen wrote it; keep elsewhere what is yours, and delete it to have it built"}
}

// An ownership is the digests of the files in a target's folder that fngen
// wrote, by path. A file is fngen's as long as it has one of them.
type ownership map[string][]string

// owned returns what is fngen's by the record or, of a folder that was built
// before there were records, by SHA256SUMS.
func owned(target string, r *Record, sums map[string]string) ownership {
	own := ownership{}
	if r != nil {
		for _, f := range r.Files {
			own[f.Path] = append(own[f.Path], f.SHA256)
		}
		return own
	}
	for name, sum := range sums {
		if name, ok := strings.CutPrefix(name, target+"/"); ok && (DistFile{Path: name}).isWithin() {
			own[name] = []string{sum}
		}
	}
	return own
}

// has reports whether what lies there is fngen's: it was not edited since, but
// for its line ends.
func (own ownership) has(path string, there contents) bool {
	return there.isFile && (slices.Contains(own[path], there.sum) || slices.Contains(own[path], there.textSum))
}

// contents are what lies under a name.
type contents struct {
	isThere, isFile bool
	size            int64
	sum, textSum    string // digests, of a file: of its bytes, and of the text with fngen's line ends
}

// is reports whether it is the file, to the byte.
func (c contents) is(f DistFile) bool { return c.isFile && c.sum == f.SHA256 }

// isText reports whether it is the file, but for its line ends.
func (c contents) isText(f DistFile) bool { return c.is(f) || c.isFile && c.textSum == f.SHA256 }

// look reads what lies under the name. It follows no link.
func look(root *os.Root, name string) (contents, error) {
	info, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return contents{}, nil
	}
	if err != nil || !info.Mode().IsRegular() {
		return contents{isThere: err == nil}, err
	}
	c := contents{isThere: true, isFile: true, size: info.Size()}
	if path.Ext(name) == archiveExt { // which has no lines
		c.sum, err = digestOf(root.Open(name))
		return c, err
	}
	data, err := root.ReadFile(name)
	c.sum, c.textSum = digest(data), digest(output.UnixLines(data))
	return c, err
}

// CheckEnvironment returns [model.Findings] if a build of the named functions
// alone would leave others in the target's folder that were built for another
// environment. rest are the names of those others.
func CheckEnvironment(root *os.Root, target, environment string, rest []string) error {
	if len(rest) == 0 {
		return nil
	}
	r, err := readRecord(root, target)
	if err != nil {
		return err
	}
	way := "leave --function out to build all"
	var message string
	switch {
	case r == nil:
		for _, name := range rest {
			if _, err := root.Lstat(path.Join(model.DistDir, target, name+archiveExt)); err == nil {
				message = fmt.Sprintf("there is no such file, so that nobody knows for which environment %s was built; %s", name, way)
			}
		}
	case r.Interrupted:
		message = "the last build was interrupted, and what lies here may be of two environments; " + way
	case r.Environment != environment:
		for _, f := range r.Functions {
			if slices.Contains(rest, f.Function) && len(f.Artifacts) > 0 {
				message = fmt.Sprintf("%s was built %s, and this build is %s; %s, or %s",
					f.Function, forEnvironment(r.Environment), forEnvironment(environment), give(r.Environment), way)
				break
			}
		}
	}
	if message == "" {
		return nil
	}
	d := model.Diagnostic{Code: "environment-mixed", Pos: token.Position{Filename: recordPath(target)}, Message: message}
	return model.Findings{d}
}

func forEnvironment(name string) string {
	if name == "" {
		return "without --env"
	}
	return "with --env=" + name
}

func give(environment string) string {
	if environment == "" {
		return "give no --env"
	}
	return "give --env=" + environment
}
