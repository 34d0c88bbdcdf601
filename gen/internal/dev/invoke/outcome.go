package invoke

import (
	"encoding/json"
	"slices"

	"github.com/fngen/fngen/gen/internal/dev/platform"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// A Fate is what the platform does next with what it delivered.
type Fate string

// The fates. An HTTP function has none but the first and the last two.
const (
	Answered     Fate = "answered"      // a client has its response
	Acknowledged Fate = "acknowledged"  // it is done
	Redelivered  Fate = "redelivered"   // it comes again
	DeadLettered Fate = "dead-lettered" // it is kept with the reason
	Dropped      Fate = "dropped"       // nobody has it any more but the log
	Failed       Fate = "failed"        // a client gets the platform's own error
)

// A Response is what an HTTP function answers.
type Response struct {
	Status      int
	ContentType string
	Body        []byte
}

// understand completes the result with what the answer means.
func (r *Result) understand(target string, f model.Function, a platform.Answer) error {
	if _, ok := f.Trigger.(model.HTTP); ok {
		r.Fate = Answered
		if a.Failure != "" {
			r.Fate = Failed
			return nil
		}
		response, err := ResponseOf(target, f, a)
		r.Response = &Response{response.Status, response.Header.Get("Content-Type"), response.Body}
		return err
	}
	switch {
	case target != "openwhisk" && comesAgain(a):
		r.Fate = Redelivered
	case slices.ContainsFunc(r.Emissions, func(e Emission) bool { return e.IsLetter }):
		r.Fate = DeadLettered
	case a.Failure != "", slices.ContainsFunc(r.Logs, isDropped): // on OpenWhisk, which delivers at most once, or by deadletter none
		r.Fate = Dropped
	default:
		r.Fate = Acknowledged
	}
	return nil
}

// isDropped reports whether the line has an event that nobody else has any more.
func isDropped(l platform.Line) bool {
	var line struct{ Message string }
	return json.Unmarshal([]byte(l.Text), &line) == nil && line.Message == "event dropped"
}

// comesAgain reports whether Lambda or Google delivers again what was answered
// like this, or a part of it.
func comesAgain(a platform.Answer) bool {
	if a.Failure != "" || a.Status >= 300 {
		return true
	}
	var partial struct {
		Failures []json.RawMessage `json:"batchItemFailures"`
	}
	_ = json.Unmarshal(a.Body, &partial) // what is no batch's answer has none
	return len(partial.Failures) > 0
}

// ResponseOf returns the response that the platform makes of the answer. A
// function that failed has none.
func ResponseOf(target string, f model.Function, a platform.Answer) (native.Response, error) {
	return PlatformOf(target, f).Response(native.Payload{Kind: "http"}, native.Answer{Body: a.Body, Status: a.Status, Header: a.Header})
}
