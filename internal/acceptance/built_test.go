package acceptance

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// builtFor returns a copy of the application testdata/NAME, built for the target
// with the text of its fngen.yaml. Its archives are named target/function.
func builtFor(target, name, config string) (*application, error) {
	a := &application{dir: filepath.Join(scratch, name), archives: map[string]string{}}
	if err := os.CopyFS(a.dir, os.DirFS("testdata/"+name)); err != nil {
		return nil, err
	}
	repo, err := fngenModule()
	if err != nil {
		return nil, err
	}
	program, err := fngen()
	if err != nil {
		return nil, err
	}
	path, err := filepath.Rel(a.dir, repo)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(a.dir, "fngen.yaml"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	var out []byte
	for _, args := range [][]string{
		{"go", "mod", "edit", "-replace=github.com/fngen/fngen=" + filepath.ToSlash(path)},
		{program, "generate", "--target=" + target},
		{program, "build", "--target=" + target, "-o", "json"},
	} {
		if out, err = output(command(a.dir, nil, args[0], args[1:]...)); err != nil {
			return nil, err
		}
	}
	var list []artifact
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("decode what fngen build printed: %w", err)
	}
	for _, artifact := range list {
		a.archives[target+"/"+artifact.Function] = filepath.Join(a.dir, artifact.Artifact)
	}
	return a, nil
}
