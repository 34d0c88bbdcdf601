package aws

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/model"
)

// Check has the limits of AWS Lambda and its event sources.
func (t Target) Check(f model.Function) []model.Diagnostic {
	report := model.NewReport(t.Name(), f)
	report.Timeout(900*time.Second, "a function")
	t.sinks(report, f)
	t.uses(report, f)
	t.operation(report, f)
	if group := t.operated(f).logGroup; group != "" && f.Operation.LogRetention != 0 {
		report.WarnAt("log-retention-ignored", model.KeyLogRetention, "the log group %s exists already, and how long it keeps logs is its owner's; remove log-retention, or log-group", group)
	}
	t.existing(report, f)
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		if !t.api { // whose routes for preflight requests are open
			report.HTTP(trigger)
		}
		if f.DeadLetter != "" && f.DeadLetter != "none" {
			report.ErrorAt("http-dead-letter", "deadletter", "an HTTP function answers for what fails; remove the directive")
		}
		if t.api {
			behindAPI(report, f, trigger)
		}
	case model.Queue:
		queue(report, f, trigger)
		if trigger.Letters && t.envelopes[trigger.Name] != "" {
			report.Errorf("resource-setting", "dead letters are taken as they are, in an envelope or not, so that resources.%s.aws.envelope says nothing of them; remove it", trigger.Name)
		}
	case model.Schedule:
		if _, err := expression(trigger); err != nil {
			report.Errorf("schedule-expression", "%s", err)
		}
		if trigger.Every >= 24*time.Hour {
			report.Warnf("schedule-start", "every=%s counts from the moment the schedule is created; write a cron expression for a time of day", trigger.Every)
		}
	case model.Stream:
		stream(report, trigger)
	}
	if isAsynchronous(f) && retries(f) > 2 {
		report.ErrorAt("retries-limit", "retries", "%d retries are above 2, the limit of asynchronous functions; lower the number", retries(f))
	}
	return report.Diagnostics
}

func queue(report *model.Report, f model.Function, t model.Queue) {
	if t.FIFO && t.Batch > 10 {
		report.Errorf("batch-limit", "batch=%d is above 10, the limit of FIFO queues; lower it", t.Batch)
	}
	if t.FIFO && t.Window > 0 {
		report.Errorf("window-limit", "FIFO queues have no window; remove window=")
	}
	if t.Window > 300*time.Second {
		report.Errorf("window-limit", "window=%s is above 5m0s, the limit of Lambda; lower it", t.Window)
	}
	if t.Batch > 10 && t.Window == 0 {
		report.Errorf("batch-limit", "batch=%d needs a window, as Lambda has it above 10; add window=1s", t.Batch)
	}
	if timeout := timeout(f); t.Visibility > 0 && t.Visibility < 6*timeout {
		report.Errorf("visibility-limit", "visibility=%s is below %s, six times the timeout, so messages would come again while they are handled; raise it", t.Visibility, 6*timeout)
	}
	if t.Visibility > 12*time.Hour {
		report.Errorf("visibility-limit", "visibility=%s is above 12h0m0s, the limit of SQS; lower it", t.Visibility)
	}
	if f.Retries != nil {
		switch n := *f.Retries; {
		case n+1 < 2:
			report.ErrorAt("retries-limit", "retries", "%d retries would move a message to the dead letters at the first throttling; give 1 at least", n)
		case n+1 < 4:
			report.WarnAt("retries-few", "retries", "%d retries are few: a throttled delivery counts as one too", n)
		}
	}
}

func stream(report *model.Report, t model.Stream) {
	if t.Concurrency > 10 {
		report.Errorf("concurrency-limit", "concurrency=%d is above 10, the limit of a Kinesis mapping's parallelization factor; lower it", t.Concurrency)
	}
	if t.Latest {
		report.Warnf("stream-start", "start=latest misses the records that arrive while the mapping is created")
	}
}

// operation has the limits of what operators decide.
//
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func (t Target) operation(report *model.Report, f model.Function) {
	o := f.Operation
	if o.Memory != 0 && (o.Memory < 128 || o.Memory > 10_240) {
		report.ErrorAt("memory-limit", model.KeyMemory, "%d MB are outside of 128 to 10240 MB, the limits of Lambda; change the size", o.Memory)
	}
	if o.Reserved != 0 && o.MaxInstances != 0 && o.Reserved != o.MaxInstances {
		report.ErrorAt("instances-limit", model.KeyMaxInstances, "Lambda's reserved concurrency is both what is kept for the function and its limit; give one of the two, or the same number")
	}
	if o.LogRetention != 0 && !slices.Contains(logRetentions, o.LogRetention) {
		report.ErrorAt("log-retention-limit", model.KeyLogRetention, "CloudWatch keeps no logs for %d days; choose the next of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653", o.LogRetention)
	}
	t.variables(report, o.Env)
}

// logRetentions are the days that CloudWatch knows.
//
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

// variables has what Lambda and CloudFormation do not take as environment.
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func (t Target) variables(report *model.Report, env []model.Variable) {
	for _, v := range env {
		at := model.KeyEnv + "." + v.Name
		switch {
		case strings.HasPrefix(v.Name, model.SinkVariable("")):
			report.ErrorAt("env-name", at, "the variable %s would be the address of a sink, which the template sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, model.UseVariable("")):
			report.ErrorAt("env-name", at, "the variable %s would say where what the function uses is, which the template sets; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "AWS_") || slices.Contains([]string{"LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"}, v.Name):
			report.ErrorAt("env-name", at, "the variable %s is Lambda's own; choose another name", v.Name)
		case strings.HasPrefix(v.Name, "_") || len(v.Name) < 2:
			report.ErrorAt("env-name", at, "Lambda takes no variable %s, but names of two characters at least, a letter first; choose another name", v.Name)
		case t.terraform && !norm.NFC.IsNormalString(v.Value):
			report.ErrorAt("env-value", at, "Terraform would change the value, since it composes accents with their letters; write it in Unicode's form NFC")
		case !t.terraform && !v.IsSecret && strings.Contains(v.Value, reference):
			report.ErrorAt("env-value", at, "the value of %s holds {{resolve:, which CloudFormation takes for a reference; write secret:NAME for a secret, or another value", v.Name)
		}
	}
}

// reference is how dynamic references of CloudFormation begin, which nothing
// escapes.
const reference = "{{resolve:"

// existing has what is needed of resources that are there already.
func (t Target) existing(report *model.Report, f model.Function) {
	if letters := t.names[f.DeadLetter]; letters != "" && deadLettersFIFO(f) != strings.HasSuffix(letters, ".fifo") {
		report.ErrorAt("fifo-mismatch", "deadletter", "the dead letters of FIFO queues go to a FIFO queue, whose name ends in .fifo, and all others to a standard queue, but resources.%s.aws.name is %q; name another queue", f.DeadLetter, letters)
	}
	resource := f.Trigger.Resource()
	physical := t.names[resource]
	if physical == "" {
		return
	}
	switch trigger := f.Trigger.(type) {
	case model.Queue:
		report.Warnf("queue-existing", "the queue %s exists already: its own visibility timeout and redrive policy count, which are its owner's", resource)
		if trigger.FIFO != strings.HasSuffix(physical, ".fifo") {
			report.Errorf("fifo-mismatch", "the names of FIFO queues end in .fifo, and no others do, but resources.%s.aws.name is %q; correct it, or the directive", resource, physical)
		}
	case model.Document:
		if t.streams[resource] == "" {
			report.Errorf("resource-setting", "the table %s exists already, and the ARN of its stream cannot be known; set resources.%s.aws.stream", resource, resource)
		}
	case model.Object:
		if strings.Contains(trigger.Prefix+"\n"+trigger.Suffix, reference) {
			report.Errorf("object-filter", "the prefix or suffix holds {{resolve:, which CloudFormation takes for a reference; choose another")
		}
		report.Warnf("bucket-existing", "the bucket %s exists already: let it send its events to EventBridge, whose rule feeds the function", resource)
		if trigger.Deleted {
			report.Warnf("object-versions", "the bucket %s exists already: if it keeps versions, the removal of an old version or of a delete marker fires too, while the key may have an object; look whether it is there before you act on it", resource)
		}
	}
}

// sinks has what is needed of the function's sinks.
func (t Target) sinks(report *model.Report, f model.Function) {
	for _, s := range f.Sinks {
		if s.Kind == "http" && t.urls[s.Name].Value == "" {
			report.ErrorAt("sink-url", "sink", "the URL of the sink %s is not known; set resources.%s.aws.url", s.Name, s.Name)
		}
	}
}

// behindAPI has the limits of an HTTP API.
//
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html
func behindAPI(report *model.Report, f model.Function, t model.HTTP) {
	if t.Stream {
		report.Errorf("http-stream", "an HTTP API answers in one piece and cannot stream; remove stream, or targets.aws.http")
	}
	if len(t.CORS) > 0 && !t.Public && (len(t.Methods) == 0 || slices.Contains(t.Methods, "OPTIONS")) {
		report.Errorf("http-options", "the route for browsers' preflight requests takes any OPTIONS without credentials; name the other methods, or add auth=public and check callers in the handler")
	}
	if strings.HasSuffix(t.Path, "/{$}") && t.Path != "/{$}" {
		report.Errorf("http-path", "a route of an HTTP API does not end in a slash; remove it from the path %s, or targets.aws.http", t.Path)
	}
	if timeout(f) > defaultTimeout {
		report.ErrorAt("timeout-limit", "timeout", "the timeout of %s is above %s, the limit of an HTTP API; shorten it, or remove targets.aws.http", timeout(f), defaultTimeout)
	}
}

// CheckApp refuses functions that are in each other's way.
func (t Target) CheckApp(functions []model.Function) []model.Diagnostic {
	var diagnostics []model.Diagnostic
	before := map[string][]int{}
	for i, f := range functions {
		report := model.NewReport(t.Name(), f)
		var others []int
		for _, name := range shared(f) {
			others = append(others, before[name]...)
			before[name] = append(before[name], i)
		}
		slices.Sort(others)
		for _, other := range slices.Compact(others) {
			t.together(report, f, functions[other])
		}
		diagnostics = append(diagnostics, report.Diagnostics...)
	}
	return append(diagnostics, t.unused(functions)...)
}

// shared are the names that only functions have in common that can be in each other's
// way, sorted.
func shared(f model.Function) []string {
	names := []string{f.DeadLetter, f.Trigger.Resource()}
	if t, ok := f.Trigger.(model.HTTP); ok {
		for _, r := range routes(t) {
			names = append(names, r.same())
		}
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool { return name == "" || name == "none" })
}

func (t Target) together(report *model.Report, f, other model.Function) {
	for _, pair := range [][2]model.Function{{f, other}, {other, f}} {
		q, ok := pair[1].Trigger.(model.Queue)
		if ok && q.Name == pair[0].DeadLetter && q.FIFO != deadLettersFIFO(pair[0]) {
			report.Errorf("fifo-mismatch", "the dead letters of %s and the queue of %s are %s, of which one is a FIFO queue and one is not; give another //fn:deadletter", pair[0].Name, pair[1].Name, q.Name)
		}
	}
	switch a := f.Trigger.(type) {
	case model.Object:
		if b, ok := other.Trigger.(model.Object); ok && t.names[a.Bucket] == "" && overlap(a, b) {
			report.Errorf("object-overlap", "the bucket %s cannot tell its objects from those of %s at %s: prefix and suffix overlap; change one, or handle both in one function",
				a.Bucket, other.Name, model.Position(other.Pos))
		}
	case model.Queue:
		if b, ok := other.Trigger.(model.Queue); ok && a.Name == b.Name {
			report.Errorf("queue-shared", "the queue %s feeds %s at %s already, and each message goes to one of the two; use a topic, or handle both in one function", a.Name, other.Name, model.Position(other.Pos))
		}
	case model.HTTP:
		b, ok := other.Trigger.(model.HTTP)
		if !ok || !t.api {
			return
		}
		for _, route := range routes(a) {
			for _, taken := range routes(b) {
				if route.same() != taken.same() || route.implied != taken.implied {
					continue
				}
				as := ""
				if route.key() != taken.key() {
					as = " as " + taken.key()
				}
				report.Errorf("route-taken", "the route %s is taken by %s at %s%s; change one, or remove targets.aws.http", route.key(), other.Name, model.Position(other.Pos), as)
				return
			}
		}
	}
}

// overlap reports whether one bucket cannot tell the objects of two functions
// apart: S3 takes no two notifications for one event whose prefixes and
// suffixes both overlap.
func overlap(a, b model.Object) bool {
	if a.Bucket != b.Bucket || a.Created != b.Created {
		return false
	}
	prefixes := strings.HasPrefix(a.Prefix, b.Prefix) || strings.HasPrefix(b.Prefix, a.Prefix)
	suffixes := strings.HasSuffix(a.Suffix, b.Suffix) || strings.HasSuffix(b.Suffix, a.Suffix)
	return prefixes && suffixes
}
