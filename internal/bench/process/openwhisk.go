package process

import (
	"fmt"
	"os/exec"

	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/bench/platform"
)

func onOpenWhisk(b built, calls int) []comparison {
	var all []comparison
	for _, line := range []struct {
		name  string
		size  int
		goal  string
		calls int
	}{
		{"617 B", 617, "0.45", calls},
		{"66 KB", 66_000, "0.25", calls/10 + 1},
	} {
		measure := func(file string) (sample, error) {
			request, err := payload.Activation(line.size)
			if err != nil {
				return sample{}, err
			}
			return activations(file, request, line.calls)
		}
		all = append(all, comparison{
			quantities: []quantity{{"OpenWhisk process: CPU of an activation, " + line.name, cpu, line.goal}},
			subjects: []subject{
				b.measuring("fngen `fn.On(func(ctx, event.Event) error)`", "openwhisk/fngen", measure),
				b.measuring("fngen `fn.On(func(ctx, Order) error)`", "openwhisk/typed", measure),
				b.measuring("a loop like the launcher's, `Main(map[string]any) map[string]any`", "openwhisk/native", measure),
			},
		})
	}
	return all
}

// activations measures the CPU time of one, and checks all answers.
func activations(file string, line []byte, calls int) (sample, error) {
	o, err := platform.StartOpenWhisk(exec.Command(file))
	if err != nil {
		return sample{}, err
	}
	defer o.Stop()
	spent, err := perCall(o, calls, func() error {
		got, err := o.Activate(line)
		if err == nil && string(got) != "{}" {
			err = fmt.Errorf("the answer is %s, want {}", got)
		}
		return err
	})
	return sample{cpu: spent}, err
}
