package headers

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// What is shown of a request is what the list and the directive say, whatever
// the case of a name; what lets a caller in is not, even if a directive names it.
func TestHas(t *testing.T) {
	keep := Kept{"X-Hub-Signature-256", "Authorization", "X-Amzn-Oidc-Data"}
	for name, want := range map[string]bool{
		"Traceparent": true, "X-B3-TraceId": true, "b3": true, "X-Amzn-Trace-Id": true, "x-request-id": true,
		"Content-Type": true, "content-digest": true, "Accept": true, "Accept-Language": true, "ce-type": true, "CE-x": true,
		"User-Agent": true, "Via": true, "Host": true, "X-Forwarded-For": true, "x-hub-signature-256": true,

		"Authorization": false, "authorization": false, "Proxy-Authorization": false, "Cookie": false, "X-Amzn-Oidc-Data": false, "X-Amzn-Oidc-Accesstoken": false,
		"X-Forwarded-Access-Token": false, "X-Forwarded-Client-Cert": false, "X-Forwarded-User": false, "X-Hub-Signature": false, "X-Session": false,
		"Acceptance": false, "contentx": false, "cert": false, "ce": false, "x-b3": false, "": false, "*": false, "Referer": false, "Origin": false,
	} {
		if got := keep.Has(name); got != want {
			t.Errorf("Has(%q) = %v", name, got)
		}
	}
}

// The values of a header are joined, and what the platform says is not what a
// client can write over.
func TestAdd(t *testing.T) {
	attributes := map[string]string{"stage": "prod"}
	Kept{"Stage"}.Add(attributes, func(yield func(name, value string) bool) {
		for _, f := range [][2]string{{"Accept", "a"}, {"accept", "b"}, {"stage", "forged"}, {"Cookie", "c"}} {
			if !yield(f[0], f[1]) {
				return
			}
		}
	})
	if want := map[string]string{"stage": "prod", "accept": "a,b"}; !maps.Equal(attributes, want) {
		t.Errorf("got %v, want %v", attributes, want)
	}
}

// The documentation of a delivery has the list, all of it and nothing else.
func TestDocumentation(t *testing.T) {
	source, err := os.ReadFile("../../fn/delivery.go")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(source), "since what a delivery has is soon logged:\n//\n")
	table, _, ok := strings.Cut(table, "\n//\n")
	if !ok {
		t.Fatal("there is no table")
	}
	var want []string
	for _, kind := range List {
		want = append(want, strings.Fields(kind.For)...)
		want = append(want, kind.Names...)
	}
	got := strings.Fields(strings.NewReplacer("//", "", ",", "").Replace(table))
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the documentation has\n%q, want\n%q", got, want)
	}
}
