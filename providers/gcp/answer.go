package gcp

import (
	"math"
	"net/http"
	"strconv"

	"github.com/fngen/fngen/internal/run"
)

// answer tells the platform the outcome; package run has logged the cause.
func answer(w http.ResponseWriter, result run.Result) {
	if result.Outcome != run.Retry {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	status := http.StatusInternalServerError
	if _, after := run.Kind(result.Err); after > 0 {
		status = http.StatusServiceUnavailable
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(after.Seconds()))))
	}
	http.Error(w, http.StatusText(status), status)
}
