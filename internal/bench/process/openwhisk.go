package process

import (
	"fmt"
	"os/exec"

	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/bench/platform"
)

func onOpenWhisk(b built, calls int) []comparison {
	var activated, counts []comparison
	for _, line := range []struct {
		name  string
		size  int
		goal  string
		calls int
	}{
		{"617 B", 617, "0.45", calls},
		{"66 KB", 66_000, "0.25", calls/10 + 1},
	} {
		subjects := func(measure func(file string, request []byte) (sample, error)) []subject {
			measureFile := func(file string) (sample, error) {
				request, err := payload.Activation(line.size)
				if err != nil {
					return sample{}, err
				}
				return measure(file, request)
			}
			return []subject{
				b.measuring("fngen `fn.On(func(ctx, event.Event) error)`", "openwhisk/fngen", measureFile),
				b.measuring("fngen `fn.On(func(ctx, Order) error)`", "openwhisk/typed", measureFile),
				b.measuring("a loop like the launcher's, `Main(map[string]any) map[string]any`", "openwhisk/native", measureFile),
			}
		}
		activated = append(activated, comparison{
			quantities: []quantity{{"OpenWhisk process: CPU of an activation, " + line.name, cpu, line.goal}},
			subjects: subjects(func(file string, request []byte) (sample, error) {
				return activations(file, request, line.calls)
			}),
		})
		counts = append(counts, comparison{
			quantities: []quantity{{"OpenWhisk process: instructions of an activation, " + line.name, thousands, ""}},
			subjects: subjects(func(file string, request []byte) (sample, error) {
				return activationExecuted(file, request, line.calls)
			}),
			most: 1,
		})
	}
	return append(activated, counts...)
}

// activations measures the CPU time of one, and checks all answers.
func activations(file string, line []byte, calls int) (sample, error) {
	o, err := platform.StartOpenWhisk(exec.Command(file))
	if err != nil {
		return sample{}, err
	}
	defer o.Stop()
	spent, err := perCall(o, calls, func() error { return activate(o, line) })
	return sample{cpu: spent}, err
}

// activationExecuted counts the instructions of one, and checks all answers.
func activationExecuted(file string, line []byte, calls int) (sample, error) {
	return countedEach(file, calls, func(cmd *exec.Cmd, events int) error {
		o, err := platform.StartOpenWhisk(cmd)
		if err != nil {
			return err
		}
		defer o.Stop()
		for range events {
			if err := activate(o, line); err != nil {
				return err
			}
		}
		return o.Terminate()
	})
}

func activate(o *platform.OpenWhisk, line []byte) error {
	got, err := o.Activate(line)
	if err == nil && string(got) != "{}" {
		err = fmt.Errorf("the answer is %s, want {}", got)
	}
	return err
}
