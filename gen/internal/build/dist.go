package build

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// WriteDist writes what was built into the folders of dist/, with the record of
// each, and brings SHA256SUMS up to date. Of what lies there it deletes and
// replaces only what fngen wrote and nobody edited since; it returns the other
// files and folders there. The error is [model.Findings] if they are in the way.
//
// What is as it must be is not written again. All that was there before stays
// as it was if anything cannot be written.
func WriteDist(root *os.Root, built []Built) (others []string, err error) {
	if err := root.MkdirAll(model.DistDir, 0o755); err != nil {
		return nil, err
	}
	sums, err := sumsBefore(root)
	if err != nil {
		return nil, err
	}
	var folders []folder
	var findings model.Findings
	for _, b := range built {
		f, err := newFolder(root, b, sums)
		var found model.Findings
		if errors.As(err, &found) {
			findings = append(findings, found...)
		} else if err != nil {
			return nil, err
		}
		folders = append(folders, f)
	}
	if len(findings) > 0 {
		return nil, findings
	}
	if err := writeAll(root, folders, sums); err != nil {
		return nil, err
	}
	for _, f := range folders {
		found, err := foreignFiles(root, f.record)
		if err != nil {
			return nil, err
		}
		others = append(others, found...)
	}
	return others, nil
}

func writeAll(root *os.Root, folders []folder, sums map[string]string) (err error) {
	sums, err = sumsAfter(root, folders, sums)
	if err != nil {
		return err
	}
	s, err := newSwap(root)
	if err != nil {
		return err
	}
	defer func() { s.end(err == nil) }()
	for _, f := range folders {
		if err := f.write(s); err != nil {
			return err
		}
	}
	text := newDistFile(SumsFile, formatSums(sums))
	there, err := look(root, model.DistDir+"/"+SumsFile)
	if err != nil || there.is(text) {
		return err
	}
	return s.put(model.DistDir+"/"+SumsFile, text.Data)
}

// sumsBefore returns what SHA256SUMS has, nothing if it is not there. The error
// is [model.Findings] if it is no such file.
func sumsBefore(root *os.Root) (map[string]string, error) {
	name := model.DistDir + "/" + SumsFile
	there, err := look(root, name)
	if err != nil {
		return nil, err
	}
	if !there.isThere {
		return map[string]string{}, nil
	}
	sums, err := readSums(root)
	if err != nil || !there.isFile {
		return nil, model.Findings{foreign(name)}
	}
	return sums, nil
}

// sumsAfter returns the digests of the files that are fngen's: those of the
// folders, and of other targets as their records have them, or as they were
// listed before there were records.
func sumsAfter(root *os.Root, folders []folder, before map[string]string) (map[string]string, error) {
	sums := map[string]string{}
	add := func(r Record) error {
		text, err := r.format()
		for _, f := range r.Files {
			sums[r.Target+"/"+f.Path] = f.SHA256
		}
		sums[r.Target+"/"+RecordFile] = digest(text)
		return err
	}
	built := map[string]bool{}
	for _, f := range folders {
		built[f.record.Target] = true
		if err := add(f.record); err != nil {
			return nil, err
		}
	}
	entries, err := fs.ReadDir(root.FS(), model.DistDir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if !e.IsDir() || built[e.Name()] {
			continue
		}
		built[e.Name()] = true
		if r, err := readRecord(root, e.Name()); err == nil && r != nil {
			if err := add(*r); err != nil {
				return nil, err
			}
			continue
		}
		for name, sum := range before {
			if folderOf(name) == e.Name() {
				sums[name] = sum
			}
		}
	}
	maps.DeleteFunc(sums, func(name, _ string) bool {
		if slices.ContainsFunc(folders, func(f folder) bool { return f.record.Target == folderOf(name) }) {
			return false
		}
		_, err := root.Lstat(path.Join(model.DistDir, name))
		return err != nil
	})
	return sums, nil
}

// A folder is a target's folder of dist/, and what has to be done there.
type folder struct {
	dir      string     // its path
	record   Record     // of what is there in the end
	before   []DistFile // that were fngen's
	remove   []string   // paths in the folder of what is fngen's and was not built again
	files    []DistFile // to write, besides the record
	isRecord bool       // the record is there already
}

// newFolder finds out what has to be done. The error is [model.Findings] if
// files are in the way.
func newFolder(root *os.Root, b Built, sums map[string]string) (folder, error) {
	f := folder{dir: path.Join(model.DistDir, b.Target)}
	before, err := readRecord(root, b.Target)
	if err != nil {
		return f, err
	}
	own := owned(b.Target, before, sums)
	for name, sums := range own {
		for _, sum := range sums {
			f.before = append(f.before, DistFile{Path: name, SHA256: sum})
		}
	}
	if f.record, err = b.record(root, before, own); err != nil {
		return f, err
	}
	kept := map[string]bool{}
	for _, file := range f.record.Files {
		kept[file.Path] = true
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		there, err := look(root, f.dir+"/"+name)
		if err != nil {
			return f, err
		}
		if !kept[name] && own.has(name, there) && (before != nil || own.isArtifact(name)) {
			f.remove = append(f.remove, name)
		}
	}
	var findings model.Findings
	for _, file := range b.Files {
		if !file.isWithin() {
			return f, fmt.Errorf("%s is no path in %s/%s/", file.Path, model.DistDir, b.Target)
		}
		found, err := f.plan(root, own, file)
		if err != nil {
			return f, err
		}
		findings = append(findings, found...)
	}
	if len(findings) > 0 {
		return f, findings
	}
	text, err := f.record.format()
	if err != nil {
		return f, err
	}
	there, err := look(root, f.dir+"/"+RecordFile)
	f.isRecord = there.is(newDistFile(RecordFile, text))
	return f, err
}

// plan decides whether the file is to be written, or returns what is in the way.
func (f *folder) plan(root *os.Root, own ownership, file DistFile) (model.Findings, error) {
	for above := path.Dir(file.Path); above != "."; above = path.Dir(above) {
		name := f.dir + "/" + above
		if info, err := root.Stat(name); err == nil && !info.IsDir() && !slices.Contains(f.remove, above) {
			return model.Findings{foreign(name)}, nil
		}
	}
	name := f.dir + "/" + file.Path
	there, err := look(root, name)
	switch {
	case err != nil:
		return nil, err
	case there.is(file):
		return nil, nil
	case file.Data == nil:
		return nil, fmt.Errorf("%s has changed while fngen built; run fngen build again", name)
	case !there.isThere, own.has(file.Path, there), there.isText(file):
		f.files = append(f.files, file)
		return nil, nil
	case own[file.Path] != nil && there.isFile:
		return model.Findings{edited(name)}, nil
	}
	return model.Findings{foreign(name)}, nil
}

// isArtifact reports whether the path is that of an archive or of its bill of
// materials, and the other is there too. Earlier versions of fngen listed all
// that lay in a folder, so that nothing else is known to be theirs.
func (own ownership) isArtifact(name string) bool {
	base, isArchive := strings.CutSuffix(name, archiveExt)
	base, isBill := strings.CutSuffix(base, sbomExt)
	return isArchive != isBill && own[base+archiveExt] != nil && own[base+sbomExt] != nil
}

// write does what has to be done.
func (f folder) write(s *swap) error {
	for _, step := range f.steps(s) {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// steps are what has to be done, in their order. A record that lists what was
// there and what will be comes first, so that what is written is known to be
// fngen's whenever the process ends.
func (f folder) steps(s *swap) []func() error {
	record := func(r Record) func() error {
		return func() error {
			text, err := r.format()
			if err != nil {
				return err
			}
			return s.put(f.dir+"/"+RecordFile, text)
		}
	}
	var steps []func() error
	if len(f.files) > 0 || len(f.remove) > 0 {
		both := f.record
		both.Interrupted = true
		both.Files = slices.Concat(f.before, f.record.Files)
		steps = append(steps, record(both))
	} else if f.isRecord {
		return nil
	}
	for _, name := range f.remove {
		steps = append(steps, func() error { return s.remove(f.dir + "/" + name) })
	}
	for _, file := range f.files {
		steps = append(steps, func() error { return s.put(f.dir+"/"+file.Path, file.Data) })
	}
	return append(steps, record(f.record))
}

// foreignFiles returns what lies in the folder of the record and is not
// fngen's, sorted by path. A folder that holds nothing of fngen's is one of
// them, with a slash at its end.
func foreignFiles(root *os.Root, r Record) ([]string, error) {
	dir := path.Join(model.DistDir, r.Target)
	own := map[string]bool{dir: true, dir + "/" + RecordFile: true}
	for _, f := range r.Files {
		for name := dir + "/" + f.Path; name != dir; name = path.Dir(name) {
			own[name] = true
		}
	}
	var names []string
	err := fs.WalkDir(root.FS(), dir, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case own[name]:
		case entry.IsDir():
			names = append(names, name+"/")
			return fs.SkipDir
		default:
			names = append(names, name)
		}
		return nil
	})
	return names, err
}

// digestOf returns the digest of a file that is opened, and closes it.
func digestOf(file *os.File, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// isSame reports whether the file lies under the name.
func isSame(root *os.Root, name string, f DistFile) bool {
	info, err := root.Lstat(name)
	if err != nil || info.Size() != f.Size {
		return false
	}
	there, err := look(root, name)
	return err == nil && there.is(f)
}
