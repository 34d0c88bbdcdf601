package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen"
	"github.com/fngen/fngen/providers/aws/awsgen"
	"github.com/fngen/fngen/providers/gcp/gcpgen"
	"github.com/fngen/fngen/providers/openwhisk/openwhiskgen"
)

// targetNames are all targets, in the order in which they are shown.
var targetNames = []string{"aws", "gcp", "openwhisk"}

// newTarget returns the target as fngen.yaml has it: s is what it says of the
// target, resources what it says of each resource there.
func newTarget(name string, s *gen.Settings, resources map[string]*gen.Settings) gen.Target {
	switch name {
	case "aws":
		return awsgen.New(s, resources)
	case "gcp":
		return gcpgen.New(s, resources)
	default:
		return openwhiskgen.New(s, resources)
	}
}

// parseTargets understands --target: names separated by commas, or all.
func parseTargets(flag string) ([]string, error) {
	if flag == "all" {
		return targetNames, nil
	}
	asked := strings.Split(flag, ",")
	for _, name := range asked {
		if !slices.Contains(targetNames, name) {
			return nil, usageError{fmt.Errorf("--target %q is none of %s, all", name, strings.Join(targetNames, ", "))}
		}
	}
	var names []string
	for _, name := range targetNames {
		if slices.Contains(asked, name) {
			names = append(names, name)
		}
	}
	return names, nil
}
