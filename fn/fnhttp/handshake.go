package fnhttp

import (
	"net/http"
	"slices"
	"strings"
)

// Handshake answers OPTIONS requests on a route whose methods do not include
// it, so that senders of events can register the route. allow is those methods.
//
// A validation request, which has one WebHook-Request-Origin, is granted: the
// sender that it names may send, at any rate. Every other OPTIONS is a 405, as
// if there were no Handshake. Who may call the function at all is the
// platform's matter. [Handler] and [Batch] answer validation requests by
// themselves where OPTIONS reaches them.
//
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md, section 4
func Handshake(allow ...string) http.Handler {
	methods := append(slices.Clone(allow), http.MethodOptions)
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead) // as ServeMux has it
	}
	slices.Sort(methods)
	value := strings.Join(slices.Compact(methods), ", ")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", value)
		if !isValidation(r) {
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		grant(w, r)
	})
}

// isValidation reports whether r asks for the permission to send events.
func isValidation(r *http.Request) bool {
	origin := r.Header["Webhook-Request-Origin"]
	return r.Method == http.MethodOptions && len(origin) == 1 && origin[0] != ""
}

// grant answers a validation request. The headers are the consent: senders do
// not look at the status.
func grant(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
	w.Header().Set("WebHook-Allowed-Rate", "*")
	w.WriteHeader(http.StatusOK)
}
