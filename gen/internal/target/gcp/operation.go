package gcp

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/fngen/fngen/gen/internal/model"
)

// operation has the limits of Cloud Run, on which everything runs:
// https://cloud.google.com/run/docs/configuring/services/memory-limits.
func operation(report *model.Report, f model.Function) {
	o := f.Operation
	if o.Memory > 0 && (o.Memory < 128 || o.Memory > 32<<10) {
		report.ErrorAt(model.KeyMemory, "%dMB is outside of 128MB to 32GB, the limits of Cloud Run; change the size", o.Memory)
	}
	if o.MaxInstances > 0 && o.Reserved > o.MaxInstances {
		report.ErrorAt(model.KeyReserved, "%d instances are kept, and there are %d at most; raise max-instances, or lower it", o.Reserved, o.MaxInstances)
	}
	if o.LogRetention > 0 {
		report.WarnAt(model.KeyLogRetention, "Cloud Logging keeps the logs of all services in one bucket of the project; log-retention is ignored, set it there")
	}
	for _, v := range o.Env {
		if reserved(v.Name) {
			report.ErrorAt(model.KeyEnv+"."+v.Name, "the variable is the platform's, or set for the adapter; give another name")
		}
		if !norm.NFC.IsNormalString(v.Value) {
			report.ErrorAt(model.KeyEnv+"."+v.Name, "Terraform would change the value, since it composes accents with their letters; write it in Unicode's form NFC")
		}
	}
}

// reserved reports whether Cloud Run or main.tf itself sets the variable:
// https://cloud.google.com/run/docs/configuring/services/overview-environment-variables.
func reserved(name string) bool {
	return strings.HasPrefix(name, "X_GOOGLE_") || strings.HasPrefix(name, model.SinkVariable("")) || slices.Contains([]string{
		"PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION", "CLOUD_RUN_TIMEOUT_SECONDS", "FUNCTION_TARGET", "FUNCTION_SIGNATURE_TYPE",
		"GOOGLE_CLOUD_PROJECT", "GOOGLE_CLOUD_REGION",
	}, name)
}
