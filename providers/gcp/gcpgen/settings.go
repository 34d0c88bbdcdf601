package gcpgen

import (
	"regexp"

	"github.com/fngen/fngen/gen"
)

var (
	audience = gen.Key{Name: "audience", Doc: "The audience of the ID tokens that callers bring, where Cloud Run does not check them itself.",
		Grammar: regexp.MustCompile(`^[!-~]{1,512}$`),
		Want:    "the audience of the tokens, which is often the URL of the function, in 1 to 512 ASCII characters without spaces"}
	caller = gen.Key{Name: "caller", Doc: "The e-mail of the service account that calls with such a token.",
		Grammar: regexp.MustCompile(`^[a-z0-9.-]{1,64}@([a-z0-9-]{1,63}\.){0,8}gserviceaccount\.com$`),
		Want:    "the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com"}
)

// together refuses each of two keys that is there without the other.
func together(s *gen.Settings, a, b string) {
	switch {
	case s.Has(a) && !s.Has(b):
		s.Refuse(a, "does nothing alone; add %s, or remove it", b)
	case s.Has(b) && !s.Has(a):
		s.Refuse(b, "does nothing alone; add %s, or remove it", a)
	}
}
