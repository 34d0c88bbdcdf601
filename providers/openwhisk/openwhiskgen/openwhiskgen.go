// Package openwhiskgen generates actions for Apache OpenWhisk.
package openwhiskgen

import "github.com/fngen/fngen/gen"

// defaultRetries is how often an event is tried again in the action if no
// directive says: the platform itself tries nothing again.
const defaultRetries = 2

// Target generates for Apache OpenWhisk: a binary that speaks the ActionLoop
// protocol of the official Go images, and the manifest with which wskdeploy
// deploys it, for each kind of runtime.
type Target struct {
	arch      string
	kinds     []string // one at least
	pkg       string   // the package of the actions; "" for the application's name
	alarms    string   // the package of the feeds alarm and interval
	resources map[string]resource
}

var (
	_ gen.Target         = Target{}
	_ gen.AppChecker     = Target{}
	_ gen.BinaryPackager = Target{}
)

// Name is openwhisk.
func (Target) Name() string { return "openwhisk" }

// Platform is Linux.
func (t Target) Platform() gen.Platform { return gen.Platform{GOOS: "linux", GOARCH: t.arch} }
