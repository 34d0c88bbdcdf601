package gen

import (
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// A generator of another version than the SDK's may emit what does not compile
// with it, so that both are named.
func TestSDKVersion(t *testing.T) {
	for _, c := range []struct {
		own, sdk string
		said     bool
	}{
		{"v0.2.0", "v0.1.0", true}, {"v0.1.0", "v0.2.0", true}, {"v0.1.0", "v0.1.0", false},
		{"v0.1.0", "", false}, {"(devel)", "v0.1.0", false},
	} {
		found := sdkVersion(c.own, "/repo/app", model.Module{Dir: "/repo/app", SDK: c.sdk})
		if len(found) > 0 != c.said {
			t.Errorf("with %s and %s %v is said", c.own, c.sdk, found)
		}
		if want := "go.mod: warning: this is fngen " + c.own + ", but " + c.sdk + " is required; install the same version of both [sdk-version]"; c.said && found[0].String() != want {
			t.Errorf("%s, want %s", found[0], want)
		}
	}
}
