package openwhisk

import (
	"mime"
	"strings"
)

// A media is what the controller makes of a content type, by which it decides
// whether a body stands in its JSON as text or in base64.
type media struct {
	name       string
	text, json bool
}

func mediaOf(contentType string) media {
	name, params, err := mime.ParseMediaType(contentType)
	kind, sub, ok := strings.Cut(name, "/")
	if err != nil || !ok || kind == "" || sub == "" {
		return media{}
	}
	_, charset := params["charset"]
	delete(params, "charset")
	text := strings.Contains(known, " "+name+" ") || charset && (kind == "text" || kind == "application" && sub != "octet-stream")
	return media{name, text, len(params) == 0 && (name == "application/json" || strings.HasSuffix(name, "+json"))}
}

// inRequest reports whether a request's body is passed on as text. JSON, though
// text, is passed on in base64.
func (m media) inRequest() bool { return m.text && !(m.json && m.name == "application/json") }

// known are the types that Akka HTTP's MediaTypes.scala has as characters.
const known = " application/atom+xml application/base64 application/javascript application/json" +
	" application/json-patch+json application/merge-patch+json application/problem+json application/problem+xml" +
	" application/rss+xml application/soap+xml application/vnd.api+json application/vnd.google-earth.kml+xml" +
	" application/x-latex application/x-vrml application/x-www-form-urlencoded application/xhtml+xml" +
	" application/xml application/xml-dtd" +
	" text/asp text/cache-manifest text/calendar text/css text/csv text/event-stream text/html text/markdown" +
	" text/mcf text/plain text/richtext text/tab-separated-values text/uri-list text/vnd.wap.wml" +
	" text/vnd.wap.wmlscript text/x-asm text/x-c text/x-component text/x-h text/x-java-source text/x-pascal" +
	" text/x-script text/x-scriptcsh text/x-scriptelisp text/x-scriptksh text/x-scriptlisp text/x-scriptperl" +
	" text/x-scriptperl-module text/x-scriptphyton text/x-scriptrexx text/x-scriptscheme text/x-scriptsh" +
	" text/x-scripttcl text/x-scripttcsh text/x-scriptzsh text/x-server-parsed-html text/x-setext text/x-sgml" +
	" text/x-speech text/x-uuencode text/x-vcalendar text/x-vcard text/xml "
