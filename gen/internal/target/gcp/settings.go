package gcp

import (
	"regexp"

	"github.com/fngen/fngen/gen/internal/config"
)

var (
	audience = config.Key{Name: "audience", Doc: "The audience of the ID tokens that callers bring, where Cloud Run does not check them itself.",
		Grammar: regexp.MustCompile(`^[!-~]{1,512}$`),
		Want:    "the audience of the tokens, which is often the URL of the function, in 1 to 512 ASCII characters without spaces"}
	caller = config.Key{Name: "caller", Doc: "The e-mail of the service account that calls with such a token.",
		Grammar: regexp.MustCompile(`^[a-z0-9.-]{1,64}@([a-z0-9-]{1,63}\.){0,8}gserviceaccount\.com$`),
		Want:    "the e-mail of a service account, NAME@PROJECT.iam.gserviceaccount.com"}

	// https://cloud.google.com/resource-manager/docs/creating-managing-projects
	project = config.Key{Name: "project", Doc: "The default of the variable project in main.tf; without one it has to be given.",
		Grammar: regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`), Want: "a project's ID such as acme-shop"}
	region = config.Key{Name: "region", Doc: "The default of the variable region in main.tf; without one it has to be given.",
		Grammar: regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]{1,2}$`), Want: "a region such as europe-west1"}
	// https://cloud.google.com/run/docs/runtimes/go
	runtime = config.Key{Name: "runtime", Doc: "The runtime that compiles the functions.", Default: "go126", OneOf: []string{"go126", "go127"}}
	channel = config.Key{Name: "channel", Doc: "An Eventarc channel in the region that exists already and carries the events of event triggers; without one it is created.",
		Grammar: regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`), Want: "the name of a channel, a-z, 0-9 and -"}

	resourceName = config.Key{Name: "name", Doc: "The topic or bucket in the project that exists already and stands for it, or the collection's name in Firestore.",
		Grammar: regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._~%+-]{0,254}$`), Want: "a name in the project, of letters, digits and ._~%+-"}
	// https://cloud.google.com/eventarc/docs/locations
	resourceLocation = config.Key{Name: "location", Doc: "Where the bucket that exists, or the collection's database, is; the region by default.",
		Grammar: regexp.MustCompile(`^[a-z]+[0-9]{0,2}(-[a-z]+[0-9]{1,2})?$`), Want: "a location such as europe-west1, eu or eur3"}
	// https://cloud.google.com/firestore/docs/manage-databases
	resourceDatabase = config.Key{Name: "database", Doc: "The collection's database.", Default: "(default)",
		Grammar: regexp.MustCompile(`^(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])$`), Want: "the ID of a Firestore database"}
	resourceURL = config.Key{Name: "url", Doc: "The URL of an http sink, which takes requests without credentials.",
		Grammar: regexp.MustCompile(`^https?://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?$`), Want: "http:// or https://, a host and a path"}
)

// A resource is what fngen.yaml says of one that exists.
type resource struct {
	name     string // "" for one that is created
	location string // "" for the region
	database string
	url      string // "" for none
}

// named returns the resource of the logical name.
func (t target) named(name string) resource {
	if r, ok := t.resources[name]; ok {
		return r
	}
	return resource{database: resourceDatabase.Default}
}

// together refuses each of two keys that is there without the other.
func together(s *config.Settings, a, b string) {
	switch {
	case s.Has(a) && !s.Has(b):
		s.Refuse(a, "does nothing alone; add %s, or remove it", b)
	case s.Has(b) && !s.Has(a):
		s.Refuse(b, "does nothing alone; add %s, or remove it", a)
	}
}
