package gen

import (
	"slices"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/gen/internal/target/gcp"
	"github.com/fngen/fngen/gen/internal/target/openwhisk"
)

// known are all targets, in the order in which they are shown.
var known = []knownTarget{
	{"aws", as(aws.New)},
	{"gcp", as(gcp.New)},
	{"openwhisk", as(openwhisk.New)},
}

// A knownTarget is a target that fngen.yaml says more about.
type knownTarget struct {
	name string
	new  func(config.Sections) model.Target
}

func as[T model.Target](new func(config.Sections) T) func(config.Sections) model.Target {
	return func(s config.Sections) model.Target { return new(s) }
}

// configured returns the target as fngen.yaml has it.
func (k knownTarget) configured(c *config.Config) model.Target {
	return k.new(c.Sections(k.name))
}

// Targets returns the names of all targets, in the order in which they are
// shown.
func Targets() []string {
	var names []string
	for _, k := range known {
		names = append(names, k.name)
	}
	return slices.Clip(names)
}

// Schema returns the JSON Schema of fngen.yaml, whose $id is its address.
func Schema() ([]byte, error) {
	return config.Schema(Targets(), func(c *config.Config) {
		for _, k := range known {
			k.configured(c)
		}
	})
}
