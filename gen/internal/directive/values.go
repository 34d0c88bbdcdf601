package directive

import (
	"fmt"
	"maps"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/headers"
)

// What the values of arguments may be. Each error completes "batch= …" or
// "//fn:queue: …" to a sentence.

var eventGrammar = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._:/+@-]{0,127}$`)

func validFunctionName(s string) error {
	if slices.Contains(model.ReservedNames, s) {
		return fmt.Errorf("%q is reserved; choose another", s)
	}
	return model.ValidName(s)
}

func validEventType(s string) error {
	if !eventGrammar.MatchString(s) || strings.HasSuffix(s, " ") {
		return fmt.Errorf("%q is not an event type; use letters, digits, spaces and ._:/+@-, at most 128 of them", model.Clip(s))
	}
	if strings.HasPrefix(s, "dev.fngen.") {
		return fmt.Errorf("%q is made by adapters only; use the trigger that it belongs to", model.Clip(s))
	}
	return nil
}

func validEventSource(s string) error {
	if s == "" || len(s) > 256 || strings.ContainsAny(s, " \"'`<>\\^{|}*") {
		return fmt.Errorf("is %q; give a URI-reference of at most 256 characters", model.Clip(s))
	}
	return nil
}

func validAffix(s string) error {
	if s == "" || len(s) > 1024 {
		return fmt.Errorf("is %d bytes long; give 1 to 1024", len(s))
	}
	return nil
}

func validMediaType(s string) error {
	if _, params, err := mime.ParseMediaType(s); err != nil || !strings.Contains(s, "/") {
		return fmt.Errorf("is %q; give a media type such as application/json", model.Clip(s))
	} else if len(params) > 0 && !slices.Equal(slices.Collect(maps.Keys(params)), []string{"charset"}) {
		return fmt.Errorf("is %q; charset is the only parameter known", model.Clip(s))
	}
	return nil
}

func validPath(s string) error {
	if !strings.HasPrefix(s, "/") {
		return fmt.Errorf("%q is not a path; begin it with / (methods come first, in upper case)", model.Clip(s))
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("\"'`\\<>^|?#", c) >= 0 {
			return fmt.Errorf("the path %q holds a character that a URL's path does not; percent-encode it", model.Clip(s))
		}
	}
	return nil
}

// validPattern reports why ServeMux would not take the pattern.
func validPattern(pattern string) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	http.NewServeMux().Handle(pattern, http.NotFoundHandler())
	return nil
}

// validOrigins takes origins as browsers send them, since they are compared
// byte by byte.
func validOrigins(s string) error {
	origins := strings.Split(s, ",")
	for i, origin := range origins {
		scheme, host, ok := strings.Cut(origin, "://")
		defaultPort := scheme == "http" && strings.HasSuffix(host, ":80") || scheme == "https" && strings.HasSuffix(host, ":443")
		switch {
		case slices.Contains(origins[:i], origin):
			return fmt.Errorf("has the origin %q twice; give it once", model.Clip(origin))
		case origin == "*" && len(origins) > 1:
			return fmt.Errorf("has the origin * beside others; give * alone for all")
		case origin == "*":
		case !ok || scheme == "" || host == "" || strings.ContainsAny(host, "/*?#@ \"'`\\"):
			return fmt.Errorf("has the origin %q; give scheme://host[:port], or * for all", model.Clip(origin))
		case origin != strings.ToLower(origin) || defaultPort:
			return fmt.Errorf("has the origin %q, which no browser sends; write it in lower case and without the default port", model.Clip(origin))
		}
	}
	return nil
}

// headerName is the grammar of a header's name.
//
// https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2
var headerName = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$")

// maxKept is the number of headers that keep= names.
const maxKept = 32

func validHeaders(s string) error {
	names := strings.Split(s, ",")
	if len(names) > maxKept {
		return fmt.Errorf("has %d headers; name %d at most", len(names), maxKept)
	}
	for i, name := range names {
		switch {
		case !headerName.MatchString(name):
			return fmt.Errorf("has the header %q; give names of headers such as X-Hub-Signature-256, separated by commas", model.Clip(name))
		case headers.Secret(name):
			return fmt.Errorf("has the header %s, which lets callers in or says who is in, and would be logged and kept with events; leave it out, a handler of requests has it all the same", http.CanonicalHeaderKey(name))
		case slices.ContainsFunc(names[:i], func(before string) bool { return strings.EqualFold(before, name) }):
			return fmt.Errorf("has the header %s twice; give it once", http.CanonicalHeaderKey(name))
		}
	}
	return nil
}

// parseDuration is time.ParseDuration with d for days, for positive values.
func parseDuration(s string) (time.Duration, error) {
	var d time.Duration
	var err error
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		d = time.Duration(n) * 24 * time.Hour
		if n > 366 {
			err = fmt.Errorf("too long")
		}
	} else {
		d, err = time.ParseDuration(s)
	}
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("is %q; give a duration such as 30s, 5m or 1d", model.Clip(s))
	}
	return d, nil
}
