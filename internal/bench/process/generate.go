package process

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/fngen/fngen/internal/bench/app"
)

// generating measures fngen generate for applications that have been generated.
func generating(dir string) []comparison {
	var all []comparison
	for _, functions := range []int{10, 50, 200} {
		generated := sync.OnceValues(func() (*app.App, error) {
			dir := filepath.Join(dir, fmt.Sprint(functions))
			if err := os.Mkdir(dir, 0o755); err != nil {
				return nil, err
			}
			return app.New(dir, functions)
		})
		q := quantity{fmt.Sprintf("fngen generate, nothing changed: %d functions", functions), wall, ""}
		if functions == 50 {
			q.goal = "0.15 s"
		}
		all = append(all, comparison{quantities: []quantity{q}, most: 11, subjects: []subject{{"`fngen generate --target=aws`", func() (sample, error) {
			a, err := generated()
			if err != nil {
				return sample{}, err
			}
			cost, err := a.Generate()
			return sample{wall: cost.Wall.Seconds()}, err
		}}}})
	}
	return all
}
