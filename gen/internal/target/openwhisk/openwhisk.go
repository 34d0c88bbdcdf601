// Package openwhisk generates actions for Apache OpenWhisk.
package openwhisk

import (
	"github.com/fngen/fngen/gen/internal/model"
)

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
	_ model.Target         = Target{}
	_ model.AppChecker     = Target{}
	_ model.BinaryPackager = Target{}
)

// Name is openwhisk.
func (Target) Name() string { return "openwhisk" }

// Platform is Linux.
func (t Target) Platform() model.Platform { return model.Platform{GOOS: "linux", GOARCH: t.arch} }
