package model

import "testing"

// What a finding quotes holds no user and no password of a URL; what has neither
// is quoted as it is. A password counts as written, whatever else is wrong.
func TestHide(t *testing.T) {
	for text, want := range map[string]struct {
		shown    string
		password bool
	}{
		"":                                          {"", false},
		"no address":                                {"no address", false},
		"https://a.example/x?q=1":                   {"https://a.example/x?q=1", false},
		"https://a.example/@user/x":                 {"https://a.example/@user/x", false},
		"https://u@a.example/x":                     {"https://…@a.example", false},
		"https://u:@a.example/x":                    {"https://…@a.example", false},
		"https://u:p@a.example:1/x?q":               {"https://…@a.example:1", true},
		"HTTPS://U:P@A.EXAMPLE":                     {"HTTPS://…@A.EXAMPLE", true},
		"https://:p@a.example":                      {"https://…@a.example", true},
		"jdbc:postgresql://u:p@db/x":                {"jdbc:postgresql://…@db", true},
		"a=https://u:p@a b=http://v@b c=http://c/d": {"a=https://…@a b=http://…@b c=http://c/d", true},
		"https://u:p/q@a.example/x":                 {"https://…", true},
		"https://u%zz:p@a.example/x":                {"https://…", true},
		`"https://u:p@a.example"`:                   {`"https://…@a.example"`, true},
		"https://u/v:p@a.example/x":                 {"https://…", false},
		"https://a.example:1/@user":                 {"https://a.example:1/@user", false},
		"://u:p@a":                                  {"://…", true},
		"mailto:u:p@a.example":                      {"mailto:u:p@a.example", false},
	} {
		if got := Hide(text); got != want.shown {
			t.Errorf("Hide(%q) = %q, want %q", text, got, want.shown)
		}
		if got := HasPassword(text); got != want.password {
			t.Errorf("HasPassword(%q) = %v", text, got)
		}
	}
	if got := Clip("https://u:p@a.example/x"); got != "https://…@a.example" {
		t.Errorf("Clip has %q", got)
	}
}
