package openwhisk

import (
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// maxArchive is the most that an archive may have for its base64 to have no
// more than the 48 MB of an action's code.
const maxArchive = 48 << 20 / 4 * 3

// PackageBinary returns the action for each kind of runtime, with the name of
// the image that it is for, without which the image refuses to start it. An
// action with environment variables is started by a script that sets them:
// wskdeploy cannot have the platform do it.
func (t Target) PackageBinary(f model.Function, binary []byte) ([]model.Archive, error) {
	files := []model.File{{Path: "exec", Data: binary, Executable: true}}
	if env := t.environment(f); len(env) > 0 {
		files = []model.File{
			{Path: "action", Data: binary, Executable: true},
			{Path: "exec", Data: launcher(env), Executable: true},
		}
	}
	var archives []model.Archive
	for _, kind := range t.kinds {
		image := model.File{Path: "exec.env", Data: []byte("openwhisk/action-golang-v" + strings.TrimPrefix(kind, "go:"))}
		archives = append(archives, model.Archive{Path: t.folder(kind) + f.Name + ".zip", Files: append(files[:len(files):len(files)], image), Limit: maxArchive})
	}
	return archives, nil
}

// folder is where the archives and the manifest for the kind lie: of one kind
// alone, right in the folder of the artifacts.
func (t Target) folder(kind string) string {
	if len(t.kinds) == 1 {
		return ""
	}
	return strings.Replace(kind, ":", "", 1) + "/"
}

// launcher is a script that becomes the program beside it, with the variables.
// They are arguments of env, since some names mean something to a shell.
func launcher(env []model.Variable) []byte {
	var b strings.Builder
	b.WriteString("#!/bin/sh\nexec /usr/bin/env \\\n")
	for _, v := range env {
		fmt.Fprintf(&b, "  %s=%s \\\n", v.Name, quote(v.Value))
	}
	b.WriteString("  \"${0%/*}/action\"\n")
	return []byte(b.String())
}

// quote returns the text as a word of a shell.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
