package web

import (
	"mime"
	"strings"
)

// OpenWhisk's controller carries a body in a JSON string, as text or in base64,
// and no flag says which: its WebActions.scala decides by what Akka HTTP
// knows of the content type. A type that is known as text, or not known and
// with a charset, is text; every other is binary.

// textInRequest reports whether the controller passes a request's body on as
// text. JSON, though text, is passed on in base64.
func textInRequest(contentType string) bool {
	m := parse(contentType)
	return m.text && !(m.json && m.name == "application/json")
}

// textInReply reports whether a reply's body is to be given as text. JSON goes
// in base64: the controller decodes JSON text that happens to look like it,
// true and 1234 for instance.
func textInReply(contentType string) bool {
	m := parse(contentType)
	return m.text && !m.json
}

type media struct {
	name string
	text bool
	json bool // by the controller's measure, which parameters other than charset do not meet
}

func parse(contentType string) media {
	name, params, err := mime.ParseMediaType(contentType)
	kind, sub, ok := strings.Cut(name, "/")
	if err != nil || !ok || kind == "" || sub == "" {
		return media{}
	}
	_, charset := params["charset"]
	delete(params, "charset")
	unknownText := charset && (kind == "text" || kind == "application" && sub != "octet-stream")
	return media{
		name: name,
		text: knownText(name) || unknownText,
		json: len(params) == 0 && (name == "application/json" || strings.HasSuffix(name, "+json")),
	}
}

// knownText reports whether Akka HTTP's MediaTypes.scala has the type as one
// of characters.
func knownText(name string) bool {
	switch name {
	case "application/atom+xml", "application/base64", "application/javascript", "application/json",
		"application/json-patch+json", "application/merge-patch+json", "application/problem+json",
		"application/problem+xml", "application/rss+xml", "application/soap+xml", "application/vnd.api+json",
		"application/vnd.google-earth.kml+xml", "application/x-latex", "application/x-vrml",
		"application/x-www-form-urlencoded", "application/xhtml+xml", "application/xml", "application/xml-dtd",
		"text/asp", "text/cache-manifest", "text/calendar", "text/css", "text/csv", "text/event-stream",
		"text/html", "text/markdown", "text/mcf", "text/plain", "text/richtext", "text/tab-separated-values",
		"text/uri-list", "text/vnd.wap.wml", "text/vnd.wap.wmlscript", "text/x-asm", "text/x-c",
		"text/x-component", "text/x-h", "text/x-java-source", "text/x-pascal", "text/x-script",
		"text/x-scriptcsh", "text/x-scriptelisp", "text/x-scriptksh", "text/x-scriptlisp", "text/x-scriptperl",
		"text/x-scriptperl-module", "text/x-scriptphyton", "text/x-scriptrexx", "text/x-scriptscheme",
		"text/x-scriptsh", "text/x-scripttcl", "text/x-scripttcsh", "text/x-scriptzsh",
		"text/x-server-parsed-html", "text/x-setext", "text/x-sgml", "text/x-speech", "text/x-uuencode",
		"text/x-vcalendar", "text/x-vcard", "text/xml":
		return true
	}
	return false
}
