package openwhisk

import "github.com/fngen/fngen/gen/internal/model"

// uses has what is needed of what the function uses.
func (t Target) uses(report *model.Report, f model.Function) {
	for _, u := range f.Uses {
		switch u.Kind {
		case model.UseObject:
			report.ErrorAt("use-unsupported", u.Key(), "there is no object storage; leave the target out with //fn:targets aws,gcp at the functions of the setup")
			continue
		case model.UseSecret:
			report.ErrorAt("use-unsupported", u.Key(), "the platform keeps no secrets; leave the target out with //fn:targets aws,gcp at the functions of the setup, or have them fetch it")
			continue
		}
		t.keepsSecret(report, u.Key(), u.Name)
		if t.resources[u.Name].url.Value == "" {
			report.ErrorAt("resource-setting", u.Key(), "the CouchDB server of the collection %s is not known; set resources.%s.openwhisk.url", u.Name, u.Name)
		}
		if f.Trigger.Resource() != u.Name || f.Trigger.Kind() != string(u.Kind) {
			t.inVain(report, u.Key(), u.Name, "collection that is used", []string{"name", "feed", "url"})
		}
	}
}
