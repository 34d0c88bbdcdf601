package doctor

import (
	"os"
	"path/filepath"
	"slices"
)

// A Tool is a program that deploying to a target needs.
type Tool struct {
	Target string `json:"target"`
	Name   string `json:"tool"`
	Path   string `json:"path"` // "" if it is not there
}

// A Credential is a place where deploying to a target finds what it needs to log
// in: the name of a variable or a file, and never what is in it.
type Credential struct {
	Target string `json:"target"`
	Place  string `json:"place"` // "" if none was found
}

// A Machine is what is asked about the one that this runs on.
type Machine struct {
	Getenv   func(string) string
	Home     string // "" if it is not known
	LookPath func(string) (string, error)
}

// places are where each target's credentials may be, variables and then files
// below the home folder, which a variable may move elsewhere.
var places = map[string]struct {
	variables []string
	files     []string
	moved     map[string]string // variables, by the file whose path they are
}{
	"aws": {[]string{"AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"},
		[]string{".aws/credentials", ".aws/config"}, map[string]string{".aws/credentials": "AWS_SHARED_CREDENTIALS_FILE", ".aws/config": "AWS_CONFIG_FILE"}},
	"gcp":       {[]string{"GOOGLE_APPLICATION_CREDENTIALS"}, []string{".config/gcloud/application_default_credentials.json"}, nil},
	"openwhisk": {nil, []string{".wskprops"}, map[string]string{".wskprops": "WSK_CONFIG_FILE"}},
}

// tools are the programs that each target's deployment needs, one of them.
var tools = map[string][]string{"gcp": {"terraform", "tofu"}}

// Look returns what the machine has of what deploying to the targets needs.
func (m Machine) Look(targets []string) ([]Tool, []Credential) {
	var found []Tool
	var credentials []Credential
	for _, t := range targets {
		for _, name := range tools[t] {
			path, err := m.LookPath(name)
			if err != nil {
				path = ""
			}
			found = append(found, Tool{t, name, path})
		}
		there := m.credentials(t)
		if len(there) == 0 {
			there = []Credential{{Target: t}}
		}
		credentials = append(credentials, there...)
	}
	return found, credentials
}

func (m Machine) credentials(target string) []Credential {
	var out []Credential
	at := places[target]
	for _, name := range at.variables {
		if m.Getenv(name) != "" {
			out = append(out, Credential{target, name})
		}
	}
	for _, name := range at.files {
		place, file := "~/"+name, ""
		if m.Home != "" {
			file = filepath.Join(m.Home, filepath.FromSlash(name))
		}
		if variable := at.moved[name]; variable != "" && m.Getenv(variable) != "" {
			place, file = variable, m.Getenv(variable)
		}
		if file == "" {
			continue
		}
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			out = append(out, Credential{target, place})
		}
	}
	return slices.Clip(out)
}
