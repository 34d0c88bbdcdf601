// Package openwhisk generates actions for Apache OpenWhisk.
package openwhisk

import (
	"crypto/x509"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
)

// defaultRetries is how often an event is tried again in the action if no
// directive says: the platform itself tries nothing again.
const defaultRetries = 2

// defaultKind is the kind of Go that a stock installation serves, the only one:
// https://github.com/apache/openwhisk/blob/master/ansible/files/runtimes.json. What
// runs in its image is compiled already, so that its version of Go is of no account.
const defaultKind = "go:1.20"

// Target generates for Apache OpenWhisk: a binary that speaks the ActionLoop
// protocol of the official Go images, and the manifest with which wskdeploy
// deploys it, for each kind of runtime.
type Target struct {
	arch      string
	kinds     []string // one at least
	named     bool     // by fngen.yaml
	pkg       string   // the package of the actions; "" for the application's name
	alarms    string   // the package of the feeds alarm and interval
	ca        string   // certificates in PEM that the API host may have signed its own with; "" for the system's
	insecure  bool     // the API host's certificate is not verified
	resources map[string]resource
}

var (
	_ model.Target         = Target{}
	_ model.AppChecker     = Target{}
	_ model.BinaryPackager = Target{}
	_ model.RuntimeUser    = Target{}
)

// Name is openwhisk.
func (Target) Name() string { return "openwhisk" }

// Platform is Linux.
func (t Target) Platform() model.Platform { return model.Platform{GOOS: "linux", GOARCH: t.arch} }

// Runtimes are the kinds.
func (t Target) Runtimes() (ids []string, key string) { return t.kinds, "kind" }

// A resource is what fngen.yaml says of a queue, a stream, a collection or a
// sink.
type resource struct {
	name    string         // of the Kafka topic, the CouchDB database or the sink's trigger; "" for the logical name
	feed    string         // the full name; "" for that of the catalog
	brokers []string       // of Kafka
	url     model.Variable // of CouchDB, or of the sink
}

var (
	goKind = regexp.MustCompile(`^go:1\.[1-9][0-9]?$`)
	// Entities of OpenWhisk may be called so, among others:
	// https://github.com/apache/openwhisk/blob/master/docs/reference.md
	packageName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$`)
	packagePath  = regexp.MustCompile(`^(/[A-Za-z0-9_][A-Za-z0-9_@.-]*/)?[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	feedPath     = regexp.MustCompile(`^(/[A-Za-z0-9_][A-Za-z0-9_@.-]*/)?[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	physical     = regexp.MustCompile(`^[A-Za-z0-9._$()+/-]{1,249}$`)
	broker       = regexp.MustCompile(`^[A-Za-z0-9.-]+:[0-9]{1,5}$`)
	triggerName  = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`)
	certificates = regexp.MustCompile(`^[A-Za-z0-9._/-]{1,200}$`)
	server       = regexp.MustCompile(`^(https?)://([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?/?$`)
)

// New returns the target as fngen.yaml has it.
func New(says config.Sections) Target {
	s := says.Target
	t := Target{
		arch: s.String(config.Key{Name: "arch", Doc: "Architecture of the actions.", Default: "amd64", OneOf: []string{"amd64", "arm64"}}),
		kinds: s.OneOrMore(config.Key{Name: "kind", Doc: "The runtime kind whose image runs the actions, or a list of them, each with archives and a manifest of its own.",
			Default: defaultKind, Grammar: goKind, Want: "a kind with its version, go:1.20 for instance"}),
		pkg: s.String(config.Key{Name: "package", Doc: "The package of the actions, the last part of the application's import path by default.",
			Grammar: packageName, Want: "the name of a package, of letters, digits and _.-, at most 128 of them"}),
		alarms: s.String(config.Key{Name: "alarms", Doc: "The package of the feeds alarm and interval.", Default: "/whisk.system/alarms",
			Grammar: packagePath, Want: "the full name of a package, /whisk.system/alarms for instance"}),
		ca: string(s.File(config.Key{Name: "ca", Doc: "A file with the certificates in PEM that sign the certificate of the API host, for an installation with an authority of its own.",
			Grammar: certificates, Want: "the path of a file, certs/openwhisk.pem for instance"})),
		insecure:  s.Bool(config.Key{Name: "insecure", Doc: "Whether the certificate of the API host is not verified, so that whoever stands between gets the API key: for a trial alone."}),
		resources: map[string]resource{},
	}
	switch {
	case t.ca != "" && !x509.NewCertPool().AppendCertsFromPEM([]byte(t.ca)):
		s.Refuse("config-value", "ca", "names a file that holds no certificate in PEM; give one that begins with -----BEGIN CERTIFICATE-----")
	case t.ca != "" && t.insecure:
		s.Refuse("config-value", "insecure", "leaves targets.openwhisk.ca without effect; keep one of the two")
	}
	t.named = s.Has("kind")
	for i, kind := range t.kinds {
		if slices.Contains(t.kinds[:i], kind) {
			s.Refuse("config-value", "kind", "names %s twice; keep one", kind)
		}
	}
	for name, r := range says.Resources {
		t.resources[name] = resource{
			name: r.String(config.Key{Name: "name", Doc: "What the queue, stream or collection is called there, its own name by default; of a sink, the trigger that exists already.",
				Grammar: physical, Want: "the name of a Kafka topic, of a CouchDB database or of a trigger"}),
			feed: r.String(config.Key{Name: "feed", Doc: "The feed in a package binding that knows servers and credentials, instead of the catalog's.",
				Grammar: feedPath, Want: "the full name of a feed, /whisk.system/messaging/kafkaFeed for instance"}),
			brokers: r.Strings(config.Key{Name: "brokers", Doc: "The Kafka brokers of the queue or stream, from the environment of wskdeploy by default.", Grammar: broker, Want: "HOST:PORT"}),
			url: r.Address(config.Key{Name: "url", Doc: "The URL of an http sink; of a collection, its CouchDB server, https://HOST:PORT, for its feed from the environment of wskdeploy by default.",
				Want: "http:// or https://, a host and a path, without credentials and query"}),
		}
	}
	return t
}

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
		image := model.File{Path: "exec.env", Data: []byte(Image(kind))}
		archives = append(archives, model.Archive{Path: t.Archive(f, kind), Files: append(files[:len(files):len(files)], image), Limit: maxArchive})
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
