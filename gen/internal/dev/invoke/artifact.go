package invoke

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/dev/program"
	"github.com/fngen/fngen/gen/internal/model"
)

// programs are the names of what a platform starts in an archive.
var programs = map[string]string{"aws": "bootstrap", "gcp": "main", "openwhisk": "exec"}

// CheckArtifact says why this machine cannot run what the target's archives
// hold. It does no I/O.
func CheckArtifact(t model.Target) error {
	if _, ok := t.(model.BinaryPackager); !ok {
		return fmt.Errorf("what is built for %s is source, which the platform compiles; leave --artifact out, or set package: binary", t.Name())
	}
	if p := t.Platform(); p.GOOS != runtime.GOOS || p.GOARCH != runtime.GOARCH {
		return fmt.Errorf("what is built for %s is for %s, and this machine is %s/%s; leave --artifact out, which compiles the same function for this machine", t.Name(), p, runtime.GOOS, runtime.GOARCH)
	}
	return nil
}

// Archives returns the digests of the function's archives in dist/, one for each
// image that it is packed for, in hex. What cannot be read is none.
func Archives(root *os.Root, target, function string) []string {
	var digests []string
	for _, pattern := range []string{"", "*"} {
		names, _ := fs.Glob(root.FS(), path.Join(model.DistDir, target, pattern, function+".zip")) // the pattern is a good one
		for _, name := range names {
			if data, err := root.ReadFile(name); err == nil {
				digests = append(digests, fmt.Sprintf("%x", sha256.Sum256(data)))
			}
		}
	}
	return digests
}

// Artifact unpacks the function's archive, whose path is relative to the root,
// and returns the command that runs it.
func Artifact(root *os.Root, t model.Target, f model.Function, archive string) (platform.Command, error) {
	var none platform.Command
	data, err := root.ReadFile(archive)
	if err != nil {
		return none, err
	}
	files, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return none, fmt.Errorf("%s: %w", archive, err)
	}
	dir := path.Join(program.Folder, "artifact", t.Name(), f.Name)
	if err := errors.Join(root.RemoveAll(dir), root.MkdirAll(dir, 0o755)); err != nil {
		return none, err
	}
	for _, file := range files.File {
		content, err := readFile(file)
		if err != nil {
			return none, fmt.Errorf("%s: %s: %w", archive, file.Name, err)
		}
		if err := root.WriteFile(path.Join(dir, path.Base(file.Name)), content, 0o755); err != nil {
			return none, err
		}
	}
	return platform.Command{Path: filepath.Join(root.Name(), filepath.FromSlash(dir), programs[t.Name()])}, nil
}

func readFile(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}
