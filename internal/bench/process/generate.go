package process

import (
	"fmt"
	"os"
	"sync"

	"github.com/fngen/fngen/internal/bench/app"
)

// generating measures fngen generate for applications that have been generated.
// One of 200 functions is more than a template of CloudFormation holds.
func generating(dir string) []comparison {
	var all []comparison
	for _, a := range []struct {
		functions     int
		targets, goal string
	}{{10, "gcp", ""}, {50, "gcp", "0.15 s"}, {200, "gcp", ""}, {50, "aws,gcp,openwhisk", ""}} {
		generated := sync.OnceValues(func() (*app.App, error) {
			dir, err := os.MkdirTemp(dir, "app-")
			if err != nil {
				return nil, err
			}
			return app.New(dir, a.functions, a.targets)
		})
		all = append(all, comparison{
			quantities: []quantity{{fmt.Sprintf("fngen generate, nothing changed: %d functions", a.functions), wall, a.goal}},
			subjects: []subject{{"`fngen generate --target=" + a.targets + "`", func() (sample, error) {
				shop, err := generated()
				if err != nil {
					return sample{}, err
				}
				cost, err := shop.Generate()
				return sample{wall: cost.Wall.Seconds()}, err
			}}},
			most: 11,
		})
	}
	return all
}
