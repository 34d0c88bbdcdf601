package gcp

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/model"
)

// Whatever a function or a resource is called, what is created for it has a
// name that Google takes, with the shortest and the longest name before it, and
// no two share one.
func TestShort(t *testing.T) {
	names := []string{"a", "ab", "a-", "abc", "abc-", "a--", strings.Repeat("x", 48), strings.Repeat("x", 47) + "y", strings.Repeat("-", 20) + "x"}
	for i := range 48 {
		names = append(names, "n"+strings.Repeat("-o", i/2)+strings.Repeat("p", i%2))
	}
	for what, limit := range map[string]struct {
		length  int
		grammar string
		before  []string
	}{
		"account": {maxAccount, `^[a-z][a-z0-9-]{4,28}[a-z0-9]$`, []string{"ab-", strings.Repeat("n", maxName) + "-"}},
		"service": {maxService, `^[a-z][a-z0-9-]{0,47}[a-z0-9]$`, []string{"ab-", strings.Repeat("n", maxName) + "-"}},
		"bucket": {maxBucket, `^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`,
			[]string{"acme-1-ab-", strings.Repeat("p", 30) + "-" + strings.Repeat("n", maxName) + "-"}},
	} {
		grammar := regexp.MustCompile(limit.grammar)
		seen := map[string]string{}
		for _, name := range names {
			got := short(name, limit.length)
			if other, ok := seen[got]; ok && other != name {
				t.Errorf("%s: %s and %s are both %s", what, name, other, got)
			}
			seen[got] = name
			for _, before := range limit.before {
				if !grammar.MatchString(before + got) {
					t.Errorf("%s: %s is no name", what, before+got)
				}
			}
			if len(name) >= 3 && len(name) <= limit.length && !strings.HasSuffix(name, "-") && got != name {
				t.Errorf("%s: %s is %s without need", what, name, got)
			}
		}
	}
}

// The default of NAME passes main.tf's own validation.
func TestApplicationName(t *testing.T) {
	grammar := regexp.MustCompile(fmt.Sprintf("^[a-z][a-z0-9-]{0,%d}[a-z0-9]$", maxName-2))
	for path, want := range map[string]string{
		"example.com/shop": "shop", "example.com/shop/v2": "shop", "example.com/My_Shop": "my-shop", "example.com/a": "fngen",
		"example.com/2024": "fngen", "example.com/7eleven": "eleven", "example.com/customers-and-more": "customers",
		"example.com/v2x": "v2x", "example.com/googles": "fngen", "example.com/go-og": "go-og", "example.com/shop-goog": "fngen", "": "fngen", "v2": "fngen",
	} {
		got := applicationName(model.App{Path: path})
		if got != want || !grammar.MatchString(got) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}
