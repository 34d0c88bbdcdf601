package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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
	var invoked, sizes, starts []comparison
	for _, f := range functions {
		invoked = append(invoked, comparison{
			quantities: []quantity{{"Lambda process: CPU of an invocation, " + f.event, cpu, f.goal}},
			subjects: f.subjects(b, func(file, want string) (sample, error) {
				data, err := f.payload()
				if err != nil {
					return sample{}, err
				}
				return invocations(file, data, want, calls)
			}),
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
	return slices.Concat(invoked, sizes, starts)
}

// invocations measures the CPU time of one, and checks all answers.
func invocations(file string, data []byte, want string, calls int) (sample, error) {
	l, err := platform.StartLambda(exec.Command(file))
	if err != nil {
		return sample{}, err
	}
	defer l.Stop()
	spent, err := perCall(l, calls, func() error {
		got, err := l.Invoke(data)
		if err == nil && got != want {
			err = fmt.Errorf("the answer is %s, want %s", got, want)
		}
		return err
	})
	return sample{cpu: spent}, err
}

func fileSize(file string) (sample, error) {
	info, err := os.Stat(file)
	if err != nil {
		return sample{}, err
	}
	return sample{size: float64(info.Size()) / 1e6}, nil
}

// started counts the instructions from the start of the program until it asks for an
// invocation. On one thread, and without the signals that preempt goroutines,
// the number is almost the same each time.
func started(file string) (sample, error) {
	valgrind, err := exec.LookPath("valgrind")
	if err != nil {
		return sample{}, missing{"valgrind"}
	}
	dir, err := os.MkdirTemp("", "callgrind-")
	if err != nil {
		return sample{}, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	cmd := exec.Command(valgrind, "--tool=callgrind", "--callgrind-out-file="+out, file)
	cmd.Env = []string{"GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1"}
	l, err := platform.StartLambda(cmd)
	if err != nil {
		return sample{}, err
	}
	defer l.Stop()
	if err := l.Terminate(); err != nil { // it writes the file then
		return sample{}, err
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return sample{}, err
	}
	_, total, _ := bytes.Cut(text, []byte("\ntotals: "))
	var n float64
	if _, err := fmt.Sscan(string(total), &n); err != nil {
		return sample{}, fmt.Errorf("read callgrind's total: %w", err)
	}
	return sample{instructions: n / 1e6}, nil
}
