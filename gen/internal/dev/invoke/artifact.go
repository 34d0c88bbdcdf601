package invoke

import (
	"archive/zip"
	"bytes"
	"debug/elf"
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

// Artifact unpacks the function's archive from dist/ and returns the command
// that runs it. The error says why this machine cannot.
func Artifact(root *os.Root, t model.Target, f model.Function) (platform.Command, error) {
	var none platform.Command
	if _, ok := t.(model.BinaryPackager); !ok {
		return none, fmt.Errorf("the artifact of %s for %s is source, which the platform compiles; leave --artifact out, or set package: binary", f.Name, t.Name())
	}
	name, data, err := readArchive(root, t.Name(), f.Name)
	if err != nil {
		return none, err
	}
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return none, fmt.Errorf("%s: %w", name, err)
	}
	dir := path.Join(program.Folder, "artifact", t.Name(), f.Name)
	if err := errors.Join(root.RemoveAll(dir), root.MkdirAll(dir, 0o755)); err != nil {
		return none, err
	}
	for _, file := range archive.File {
		content, err := readFile(file)
		if err != nil {
			return none, fmt.Errorf("%s: %s: %w", name, file.Name, err)
		}
		if err := checkMachine(content); err != nil {
			return none, fmt.Errorf("%s %w; leave --artifact out, which compiles the same function for this machine", name, err)
		}
		if err := root.WriteFile(path.Join(dir, path.Base(file.Name)), content, 0o755); err != nil {
			return none, err
		}
	}
	return platform.Command{Path: filepath.Join(root.Name(), filepath.FromSlash(dir), programs[t.Name()])}, nil
}

// readArchive reads the archive, or the first of those for several images.
func readArchive(root *os.Root, target, function string) (name string, data []byte, err error) {
	dir := path.Join(model.DistDir, target)
	name = path.Join(dir, function+".zip")
	if data, err = root.ReadFile(name); !errors.Is(err, fs.ErrNotExist) {
		return name, data, err
	}
	others, err := fs.Glob(root.FS(), path.Join(dir, "*", function+".zip"))
	if err != nil || len(others) == 0 {
		return "", nil, fmt.Errorf("%s is not there; run fngen build --target=%s first, or leave --artifact out", name, target)
	}
	data, err = root.ReadFile(others[0])
	return others[0], data, err
}

func readFile(file *zip.File) ([]byte, error) {
	r, err := file.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// checkMachine says why this machine does not run the file, if it is a program:
// those of artifacts are for Linux.
func checkMachine(file []byte) error {
	if !bytes.HasPrefix(file, []byte(elf.ELFMAG)) {
		return nil
	}
	e, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return err
	}
	arch := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[e.Machine]
	if runtime.GOOS != "linux" || arch != runtime.GOARCH {
		return fmt.Errorf("is for linux/%s, and this machine is %s/%s", arch, runtime.GOOS, runtime.GOARCH)
	}
	return nil
}
