// Package aws generates functions for AWS Lambda.
package aws

import (
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// Target generates for AWS Lambda: a binary for the runtime provided.al2023.
type Target struct {
	arch string
	api  bool   // HTTP functions are behind one HTTP API
	bus  string // "" for the account's default

	region string // in which alone the template may be deployed; "" for any

	// By the name in directives.
	envelopes map[string]string   // of queues
	keys      map[string][]string // of collections
	names     map[string]string   // of what exists already
	streams   map[string]string   // the ARNs of tables' streams
	urls      map[string]string   // of http sinks
}

var (
	_ model.Target         = Target{}
	_ model.AppChecker     = Target{}
	_ model.BinaryPackager = Target{}
)

// Name is aws.
func (Target) Name() string { return "aws" }

// Platform is Linux. The tag leaves out the runtime of go1.x, which ended.
func (t Target) Platform() model.Platform {
	return model.Platform{GOOS: "linux", GOARCH: t.arch, Tags: []string{"lambda.norpc"}}
}

// Check has the limits of AWS Lambda and its event sources.
func (t Target) Check(f model.Function) []model.Diagnostic {
	report := model.NewReport(t.Name(), f)
	report.Timeout(900*time.Second, "a function")
	t.sinks(report, f)
	operation(report, f)
	t.existing(report, f)
	asynchronous := true
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		asynchronous = false
		report.HTTP(trigger)
		if f.DeadLetter != "" && f.DeadLetter != "none" {
			report.ErrorAt("deadletter", "an HTTP function answers for what fails; remove the directive")
		}
		if t.api {
			behindAPI(report, f, trigger)
		}
	case model.Queue:
		asynchronous = false
		queue(report, f, trigger)
	case model.Schedule:
		if _, err := expression(trigger); err != nil {
			report.Errorf("%s", err)
		}
		if trigger.Every >= 24*time.Hour {
			report.Warnf("every=%s counts from the moment the schedule is created; write a cron expression for a time of day", trigger.Every)
		}
	case model.Stream:
		asynchronous = false
		stream(report, trigger)
	case model.Document:
		asynchronous = false
	}
	if f.Retries != nil && *f.Retries > 2 && asynchronous {
		report.ErrorAt("retries", "%d retries are above 2, the limit of asynchronous functions; lower the number", *f.Retries)
	}
	return report.Diagnostics
}

func queue(report *model.Report, f model.Function, t model.Queue) {
	if t.FIFO && t.Batch > 10 {
		report.Errorf("batch=%d is above 10, the limit of FIFO queues; lower it", t.Batch)
	}
	if t.FIFO && t.Window > 0 {
		report.Errorf("FIFO queues have no window; remove window=")
	}
	if t.Window > 300*time.Second {
		report.Errorf("window=%s is above 5m0s, the limit of Lambda; lower it", t.Window)
	}
	if t.Batch > 10 && t.Window == 0 {
		report.Errorf("batch=%d needs a window, as Lambda has it above 10; add window=1s", t.Batch)
	}
	if timeout := timeout(f); t.Visibility > 0 && t.Visibility < 6*timeout {
		report.Errorf("visibility=%s is below %s, six times the timeout, so messages would come again while they are handled; raise it", t.Visibility, 6*timeout)
	}
	if t.Visibility > 12*time.Hour {
		report.Errorf("visibility=%s is above 12h0m0s, the limit of SQS; lower it", t.Visibility)
	}
	if f.Retries != nil {
		switch n := *f.Retries; {
		case n+1 < 2:
			report.ErrorAt("retries", "%d retries would move a message to the dead letters at the first throttling; give 1 at least", n)
		case n+1 < 4:
			report.WarnAt("retries", "%d retries are few: a throttled delivery counts as one too", n)
		}
	}
}

func stream(report *model.Report, t model.Stream) {
	if t.Concurrency > 10 {
		report.Errorf("concurrency=%d is above 10, the limit of a Kinesis mapping's parallelization factor; lower it", t.Concurrency)
	}
	if t.Latest {
		report.Warnf("start=latest misses the records that arrive while the mapping is created")
	}
}

// PackageBinary returns the bootstrap of a custom runtime.
func (Target) PackageBinary(f model.Function, binary []byte) ([]model.Archive, error) {
	return []model.Archive{{Path: f.Name + ".zip", Files: []model.File{{Path: "bootstrap", Data: binary, Executable: true}}}}, nil
}
