package acceptance

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A secret in the environment of the build, in the settings of git or in a
// .env file stands in nothing that is generated or built.
func TestNoSecretIsEmitted(t *testing.T) {
	requireLinux(t)
	const inEnvironment, inGit = "canary-of-the-environment-4711", "canary-of-git-4711"
	dir, err := copyApp("canary")
	if err != nil {
		t.Fatal(err)
	}
	env := []string{
		"API_TOKEN=" + inEnvironment, "AWS_SECRET_ACCESS_KEY=" + inEnvironment, "GOOGLE_CREDENTIALS=" + inEnvironment, "OW_AUTH=" + inEnvironment,
		"USER=" + inEnvironment, "GIT_AUTHOR_NAME=" + inGit, "GIT_AUTHOR_EMAIL=" + inGit, "GIT_COMMITTER_NAME=" + inGit, "GIT_COMMITTER_EMAIL=" + inGit,
	}
	name, err := fngen()
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"git", "init", "-q"},
		{"git", "config", "remote.origin.url", "https://me:" + inGit + "@example.com/shop.git"},
		{"git", "config", "user.email", inGit},
		{"git", "add", "-A"},
		{"git", "commit", "-q", "-m", inGit},
		{name, "generate", "--target=all"},
		{name, "build", "--target=all"},
	} {
		if _, err := output(command(dir, env, args[0], args[1:]...)); err != nil {
			t.Fatal(err)
		}
	}
	canaries := []string{secret, inEnvironment, inGit}
	seen := 0
	for _, folder := range []string{"entrypoints", "dist"} {
		err := filepath.WalkDir(filepath.Join(dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			seen++
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			files := []file{{name: path, data: data}}
			if strings.HasSuffix(path, ".zip") {
				files = append(files, read(t, path)...)
			}
			for _, f := range files {
				for _, canary := range canaries {
					if bytes.Contains(f.data, []byte(canary)) || strings.Contains(f.name, canary) {
						t.Errorf("%s: %s holds %s", path, f.name, canary)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 20 {
		t.Errorf("only %d files are generated and built", seen)
	}
}
