package model

import "testing"

// The names of functions are part of URLs, queues' bindings and dashboards: an
// identifier keeps its name for ever.
func TestKebab(t *testing.T) {
	for identifier, want := range map[string]string{
		"Confirm":       "confirm",
		"ConfirmOrder":  "confirm-order",
		"HTTPServer":    "http-server",
		"ServeHTTP":     "serve-http",
		"URLs":          "urls",
		"UserIDs":       "user-ids",
		"URLsOf":        "urls-of",
		"IDs_Gone":      "ids-gone",
		"IPv4":          "ipv4",
		"APIv2Users":    "apiv2-users",
		"HTTPSend":      "http-send",
		"HTTPView":      "http-view",
		"IDsort":        "i-dsort",
		"As":            "as",
		"IsOpen":        "is-open",
		"OrderV2":       "order-v2",
		"V2Order":       "v2-order",
		"A":             "a",
		"AB":            "ab",
		"ABc":           "a-bc",
		"Order_Placed":  "order-placed",
		"Order__Placed": "order-placed",
		"Order_placed_": "order-placed",
		"_":             "",
		"X9Y":           "x9-y",
		"Été":           "été", // refused as a name, not made t
		"ΑΒγ":           "α-βγ",
	} {
		if got := Kebab(identifier); got != want {
			t.Errorf("kebab(%q) = %q; want %q", identifier, got, want)
		}
	}
}

// Camel is the entry point's name on Google Cloud.
func TestCamel(t *testing.T) {
	for name, want := range map[string]string{
		"confirm": "Confirm", "confirm-order": "ConfirmOrder", "order-v2": "OrderV2", "a--b": "AB", "a-": "A", "a-1b": "A1b", "": "",
	} {
		if got := Camel(name); got != want {
			t.Errorf("Camel(%q) = %q; want %q", name, got, want)
		}
	}
}
