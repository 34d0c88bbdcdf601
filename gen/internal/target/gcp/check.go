package gcp

import (
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/model"
)

// check has the limits of Google Cloud Functions and what feeds them.
func (t target) check(f model.Function) *model.Report {
	report := model.NewReport(t.Name(), f)
	t.settings(report, f)
	t.sinks(report, f)
	t.uses(report, f)
	operation(report, f)
	if trigger, ok := f.Trigger.(model.HTTP); ok {
		report.Timeout(3600*time.Second, "an HTTP function")
		report.HTTP(trigger)
		request(report, trigger)
		if f.DeadLetter != "" && f.DeadLetter != "none" {
			report.ErrorAt("http-dead-letter", "deadletter", "an HTTP function answers for what fails; remove the directive")
		}
		return report
	}
	if _, ok := f.Trigger.(model.Schedule); ok {
		report.Timeout(30*time.Minute, "a Cloud Scheduler job")
	} else {
		report.Timeout(540*time.Second, "an event function")
	}
	if routed(f.Trigger) && t.audience != "" {
		report.Warnf("audience-eventarc", "Eventarc's tokens are for the URL of the function's own service, so that they pass only if that is targets.gcp.audience")
	}
	switch trigger := f.Trigger.(type) {
	case model.Queue:
		queue(report, f, trigger)
	case model.Topic:
		attempts(report, f)
	case model.Stream:
		stream(report, trigger)
		attempts(report, f)
	case model.Schedule:
		if _, err := expression(trigger); err != nil {
			report.Errorf("schedule-expression", "%s", err)
		}
		if f.Retries != nil && *f.Retries > maxRetries {
			report.ErrorAt("retries-limit", "retries", "%d retries are above %d, the limit of Cloud Scheduler; lower the number", *f.Retries, maxRetries)
		}
	case model.Document:
		if subset(trigger) {
			report.Warnf("filter-paid", "Eventarc filters for one kind of change or for all: the other is checked in the function, so that it is paid for")
		}
		retries(report, f)
	case model.Object:
		if trigger.Prefix != "" || trigger.Suffix != "" {
			report.Warnf("filter-paid", "prefix and suffix are checked in the function, so that events of other objects are paid for")
		}
		if trigger.Deleted {
			report.Warnf("object-overwrite", "an overwrite deletes the old object, so that it fires too")
		}
		if t.archives(trigger) {
			report.Warnf("object-versions", "the bucket %s exists already: if it keeps versions, the removal of an old version fires too, while the key may have an object; look whether it is there before you act on it", trigger.Bucket)
		}
		report.Warnf("bucket-project", "the bucket must lie in the function's own project")
		retries(report, f)
	case model.Event:
		if googles(trigger.Type) && trigger.Type != published {
			report.Errorf("event-type", "Eventarc asks more of Google's own events than their type; use the object or document trigger, or publish the event under a type of your own")
		}
		if trigger.Source != "" {
			report.Warnf("filter-paid", "source= is checked in the function, so that events of other sources are paid for")
		}
		retries(report, f)
	}
	return report
}

func queue(report *model.Report, f model.Function, t model.Queue) {
	if t.FIFO {
		report.Warnf("order-key", "order is kept among messages of one ordering key, which the publisher must set")
	}
	if t.Batch > 1 || t.Window > 0 {
		report.Warnf("batch-ignored", "messages come one at a time; batch and window are ignored")
	}
	if t.Visibility > maxAck {
		report.Errorf("visibility-limit", "visibility=%s is above 10m0s, the limit of an acknowledgement's deadline; lower it", t.Visibility)
	}
	if least := max(timeoutOf(f), minAck); t.Visibility > 0 && t.Visibility < least {
		report.Errorf("visibility-limit", "visibility=%s is below %s, so messages would come again while they are handled; raise it", t.Visibility, least)
	}
	attempts(report, f)
}

// attempts refuses a number of retries that a subscription's dead letter
// policy does not take. Without one nobody
// counts.
func attempts(report *model.Report, f model.Function) {
	switch n := f.Retries; {
	case n == nil:
	case f.DeadLetter == "none":
		report.WarnAt("retries-ignored", "retries", "a subscription without dead letters tries again for 7 days; the number is ignored")
	case *n+1 < fewAttempts || *n+1 > manyAttempts:
		report.ErrorAt("retries-limit", "retries", "%d is outside of 4 to 99 retries, the limits of Pub/Sub; change the number", *n)
	}
}

func stream(report *model.Report, t model.Stream) {
	if t.Latest {
		report.Errorf("stream-latest", "a subscription has no start=latest; remove it, since a new subscription holds what is published after it")
	}
	if t.Batch > 1 {
		report.Warnf("batch-ignored", "records come one at a time; batch is ignored")
	}
	if t.Concurrency > 0 {
		report.Warnf("concurrency-ignored", "records of one ordering key come one after another, and others as instances allow; concurrency is ignored")
	}
}

// retries refuses a number of retries where Eventarc has none to set.
func retries(report *model.Report, f model.Function) {
	if f.Retries != nil {
		report.ErrorAt("retries-limit", "retries", "Eventarc retries for 24 hours and has no number to set; remove the directive")
	}
}

// operation has the limits of Cloud Run, on which everything runs:
// https://cloud.google.com/run/docs/configuring/services/memory-limits.
func operation(report *model.Report, f model.Function) {
	o := f.Operation
	if o.Memory > 0 && (o.Memory < 128 || o.Memory > 32<<10) {
		report.ErrorAt("memory-limit", model.KeyMemory, "%dMB is outside of 128MB to 32GB, the limits of Cloud Run; change the size", o.Memory)
	}
	if o.MaxInstances > 0 && o.Reserved > o.MaxInstances {
		report.ErrorAt("instances-limit", model.KeyReserved, "%d instances are kept, and there are %d at most; raise max-instances, or lower it", o.Reserved, o.MaxInstances)
	}
	if o.LogRetention > 0 {
		report.WarnAt("log-retention-ignored", model.KeyLogRetention, "Cloud Logging keeps the logs of all services in one bucket of the project; log-retention is ignored, set it there")
	}
	if o.Tracing != "" {
		report.WarnAt("tracing-ignored", model.KeyTracing, "Cloud Run itself decides which requests it traces; tracing is ignored")
	}
	for _, v := range o.Env {
		if unknown(v) {
			report.ErrorAt("secret-name", model.KeyEnv+"."+v.Name, noSuchSecret)
		}
		if reserved(v.Name) {
			report.ErrorAt("env-name", model.KeyEnv+"."+v.Name, "the variable is the platform's, or set for the adapter; give another name")
		}
		if !norm.NFC.IsNormalString(v.Value) {
			report.ErrorAt("env-value", model.KeyEnv+"."+v.Name, "Terraform would change the value, since it composes accents with their letters; write it in Unicode's form NFC")
		}
	}
}

const noSuchSecret = "Secret Manager's names are of letters, digits, - and _, and a secret is read whole; rename it, or leave the target out with //fn:targets aws"

// unknown reports whether Secret Manager cannot have the secret.
func unknown(v model.Variable) bool {
	return v.IsSecret && (v.Member != "" || strings.ContainsAny(v.Value, "/+=.@"))
}

// reserved reports whether Cloud Run or main.tf itself sets the variable:
// https://cloud.google.com/run/docs/configuring/services/overview-environment-variables.
func reserved(name string) bool {
	return strings.HasPrefix(name, "X_GOOGLE_") || strings.HasPrefix(name, model.SinkVariable("")) || strings.HasPrefix(name, model.UseVariable("")) || slices.Contains([]string{
		"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "CLOUD_RUN_TIMEOUT_SECONDS", "FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE",
		"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_REGION",
	}, name)
}

// sinks refuses sinks that cannot be reached.
func (t target) sinks(report *model.Report, f model.Function) {
	for _, s := range f.Sinks {
		switch to := (topic{s.Kind, s.Name}); s.Kind {
		case "http":
			if t.named(s.Name).url.Value == "" {
				report.ErrorAt("sink-url", "sink", "the URL of the sink %s is not known; set resources.%s.gcp.url", s.Name, s.Name)
			}
			if unknown(t.named(s.Name).url) {
				report.ErrorAt("secret-name", "sink", "resources.%s.gcp.url: %s", s.Name, noSuchSecret)
			}
		case "event":
			report.WarnAt("sink-subscribers", "sink", "the sink %s is the Pub/Sub topic %s, to which the event triggers of this application subscribe; subscribe others to it", s.Name, t.called(to))
		}
	}
}
