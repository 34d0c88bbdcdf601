package process

import (
	"fmt"
	"os"
	"os/exec"
	"slices"

	"github.com/fngen/fngen/internal/bench/payload"
	"github.com/fngen/fngen/internal/bench/platform"
)

// A function is one on AWS Lambda, by fngen and written by hand.
type function struct {
	event        string // that it is fed with
	folder       string // in cmd/lambda
	payload      func() ([]byte, error)
	goal         string // for the CPU time
	rival        string
	ours, theirs string // answers
}

var functions = []function{
	{"SQS ×10", "sqs", func() ([]byte, error) { return payload.SQS(10) }, "0.70", "`lambda.Start(func(ctx, events.SQSEvent) error)`", `{"batchItemFailures":[]}`, "null"},
	{"S3 ×1", "s3", payload.S3, "0.95", "`lambda.Start(func(ctx, events.S3Event) error)`", "null", "null"},
}

// subjects are both programs of the function.
func (f function) subjects(b built, measure func(file, want string) (sample, error)) []subject {
	return []subject{
		b.measuring("fngen `fn.On(func(ctx, []byte) error)`", "lambda/"+f.folder+"/fngen", func(file string) (sample, error) { return measure(file, f.ours) }),
		b.measuring(f.rival, "lambda/"+f.folder+"/native", func(file string) (sample, error) { return measure(file, f.theirs) }),
	}
}

func onLambda(b built, calls int) []comparison {
	var invoked, counts, sizes, starts []comparison
	for _, f := range functions {
		invoked = append(invoked, comparison{
			quantities: []quantity{{"Lambda process: CPU of an invocation, " + f.event, cpu, f.goal}},
			subjects: f.subjects(b, f.fed(func(file string, data []byte, want string) (sample, error) {
				return invocations(file, data, want, calls)
			})),
		})
		counts = append(counts, comparison{
			quantities: []quantity{{"Lambda process: instructions of an invocation, " + f.event, thousands, ""}},
			subjects: f.subjects(b, f.fed(func(file string, data []byte, want string) (sample, error) {
				return invocationExecuted(file, data, want, calls)
			})),
			most: 1,
		})
		sizes = append(sizes, comparison{
			quantities: []quantity{{"Lambda binary size, " + f.event, size, "1.13"}},
			subjects:   f.subjects(b, func(file, _ string) (sample, error) { return fileSize(file) }),
			most:       1,
		})
		starts = append(starts, comparison{
			quantities: []quantity{{"Lambda start: instructions to the first /next, " + f.event, instructions, "1.45"}},
			subjects:   f.subjects(b, func(file, _ string) (sample, error) { return started(file) }),
			most:       11,
		})
	}
	return slices.Concat(invoked, counts, sizes, starts)
}

// fed gives a measurement the function's payload.
func (f function) fed(measure func(file string, data []byte, want string) (sample, error)) func(file, want string) (sample, error) {
	return func(file, want string) (sample, error) {
		data, err := f.payload()
		if err != nil {
			return sample{}, err
		}
		return measure(file, data, want)
	}
}

// invocations measures the CPU time of one, and checks all answers.
func invocations(file string, data []byte, want string, calls int) (sample, error) {
	l, err := platform.StartLambda(exec.Command(file))
	if err != nil {
		return sample{}, err
	}
	defer l.Stop()
	spent, err := perCall(l, calls, func() error { return invoke(l, data, want) })
	return sample{cpu: spent}, err
}

// invocationExecuted counts the instructions of one, and checks all answers.
func invocationExecuted(file string, data []byte, want string, calls int) (sample, error) {
	return countedEach(file, calls, func(cmd *exec.Cmd, events int) error {
		l, err := platform.StartLambda(cmd)
		if err != nil {
			return err
		}
		defer l.Stop()
		for range events {
			if err := invoke(l, data, want); err != nil {
				return err
			}
		}
		return l.Terminate()
	})
}

func invoke(l *platform.Lambda, data []byte, want string) error {
	got, err := l.Invoke(data)
	if err == nil && got != want {
		err = fmt.Errorf("the answer is %s, want %s", got, want)
	}
	return err
}

func fileSize(file string) (sample, error) {
	info, err := os.Stat(file)
	if err != nil {
		return sample{}, err
	}
	return sample{size: float64(info.Size()) / 1e6}, nil
}

// started counts the instructions from the start of the program until it asks for an
// invocation.
func started(file string) (sample, error) {
	n, err := counted(file, func(cmd *exec.Cmd) error {
		l, err := platform.StartLambda(cmd)
		if err != nil {
			return err
		}
		defer l.Stop()
		return l.Terminate()
	})
	return sample{instructions: n}, err
}
