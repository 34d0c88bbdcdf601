package aws

import (
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// operation has the limits of what operators decide.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func operation(report *model.Report, f model.Function) {
	o := f.Operation
	if o.Memory != 0 && (o.Memory < 128 || o.Memory > 10_240) {
		report.ErrorAt(model.KeyMemory, "%d MB are outside of 128 to 10240 MB, the limits of Lambda; change the size", o.Memory)
	}
	if o.Reserved != 0 && o.MaxInstances != 0 && o.Reserved != o.MaxInstances {
		report.ErrorAt(model.KeyMaxInstances, "Lambda's reserved concurrency is both what is kept for the function and its limit; give one of the two, or the same number")
	}
	if o.LogRetention != 0 && !slices.Contains(logRetentions, o.LogRetention) {
		report.ErrorAt(model.KeyLogRetention, "CloudWatch keeps no logs for %d days; choose the next of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653", o.LogRetention)
	}
	variables(report, o.Env)
}

// logRetentions are the days that CloudWatch knows.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// variables has what Lambda and CloudFormation do not take as environment.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func variables(report *model.Report, env []model.Variable) {
	size := 0
	for _, v := range env {
		at := model.KeyEnv + "." + v.Name
		size += len(v.Name) + len(v.Value)
		switch {
		case strings.HasPrefix(v.Name, "FNGEN_SINK_"):
			report.ErrorAt(at, "the variable %s would be the address of a sink, which the template sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "AWS_") || slices.Contains([]string{"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}, v.Name):
			report.ErrorAt(at, "the variable %s is Lambda's own; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "_") || len(v.Name) < 2:
			report.ErrorAt(at, "Lambda takes no variable %s, but names of two characters at least, a letter first; choose another name", v.Name)
		case !v.IsSecret && strings.Contains(v.Value, reference):
			report.ErrorAt(at, "the value of %s holds {{resolve:, which CloudFormation takes for a reference; write secret:NAME for a secret, or another value", v.Name)
		}
	}
	if size > 4<<10 {
		report.ErrorAt(model.KeyEnv+"."+env[0].Name, "the environment has %d bytes, more than 4096, the limit of Lambda; shorten it", size)
	}
}

// reference is how dynamic references of CloudFormation begin, which nothing
// escapes.
const reference = "{{resolve:"

// existing has what is needed of resources that are there already.
func (t Target) existing(report *model.Report, f model.Function) {
	if letters := t.names[f.DeadLetter]; letters != "" && lettersFIFO(f) != strings.HasSuffix(letters, ".fifo") {
		report.ErrorAt("deadletter", "the dead letters of FIFO queues go to a FIFO queue, whose name ends in .fifo, and all others to a standard queue, but resources.%s.aws.name is %q; name another queue", f.DeadLetter, letters)
	}
	resource := f.Trigger.Resource()
	physical := t.names[resource]
	if physical == "" {
		return
	}
	switch trigger := f.Trigger.(type) {
	case model.Queue:
		report.Warnf("the queue %s exists already: its own visibility timeout and redrive policy count, which are its owner's", resource)
		if trigger.FIFO != strings.HasSuffix(physical, ".fifo") {
			report.Errorf("the names of FIFO queues end in .fifo, and no others do, but resources.%s.aws.name is %q; correct it, or the directive", resource, physical)
		}
	case model.Document:
		if t.streams[resource] == "" {
			report.Errorf("the table %s exists already, and the ARN of its stream cannot be known; set resources.%s.aws.stream", resource, resource)
		}
	case model.Object:
		if strings.Contains(trigger.Prefix+"\n"+trigger.Suffix, reference) {
			report.Errorf("the prefix or suffix holds {{resolve:, which CloudFormation takes for a reference; choose another")
		}
		report.Warnf("the bucket %s exists already: let it send its events to EventBridge, whose rule feeds the function", resource)
	}
}

// sinks has what is needed of the function's sinks.
func (t Target) sinks(report *model.Report, f model.Function) {
	for _, s := range f.Sinks {
		if s.Kind == "http" && t.urls[s.Name] == "" {
			report.ErrorAt("sink", "the URL of the sink %s is not known; set resources.%s.aws.url", s.Name, s.Name)
		}
	}
}

// behindAPI has the limits of an HTTP API.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
func behindAPI(report *model.Report, f model.Function, t model.HTTP) {
	if t.Stream {
		report.Errorf("an HTTP API answers in one piece and cannot stream; remove stream, or targets.aws.http")
	}
	if strings.HasSuffix(t.Path, "/{$}") && t.Path != "/{$}" {
		report.Errorf("a route of an HTTP API does not end in a slash; remove it from the path %s, or targets.aws.http", t.Path)
	}
	if timeout(f) > defaultTimeout {
		report.ErrorAt("timeout", "the timeout of %s is above %s, the limit of an HTTP API; shorten it, or remove targets.aws.http", timeout(f), defaultTimeout)
	}
}
