package gcpgen

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/fngen/fngen/gen"
)

var (
	audienceGrammar = regexp.MustCompile(`^[!-~]{1,512}$`)
	callerGrammar   = regexp.MustCompile(`^[a-z0-9.-]{1,64}@([a-z0-9-]{1,63}\.){0,8}gserviceaccount\.com$`)
)

func validAudience(s string) error {
	if !audienceGrammar.MatchString(s) {
		return fmt.Errorf("is %q; give the audience of the tokens, which is often the URL of the function, in 1 to 512 ASCII characters without spaces", s)
	}
	return nil
}

func validCaller(s string) error {
	if !callerGrammar.MatchString(s) {
		return fmt.Errorf("is %q; give the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com", s)
	}
	return nil
}

// together refuses each of two keys that is there without the other.
func together(s *gen.Settings, a, b string) {
	thereA, thereB := there(s, a), there(s, b)
	if thereA != thereB {
		alone, missing := a, b
		if thereB {
			alone, missing = b, a
		}
		s.String(alone, "", func(string) error { return errors.New("does nothing alone; add " + missing + ", or remove it") })
	}
}

// there reports whether the settings hold a string under the key.
func there(s *gen.Settings, key string) bool {
	found := false
	s.String(key, "", func(string) error { found = true; return nil })
	return found
}
