package gcp

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Everything that main.tf creates is named NAME-WHAT, NAME being the variable
// name: two of them can live in one project. The limits are of names with it.
const (
	maxName    = 10 // of NAME
	maxAccount = 19 // a service account's ID has 6 to 30 characters, https://cloud.google.com/iam/docs/service-accounts-create
	maxService = 38 // a Cloud Run service's name at most 49, https://cloud.google.com/run/quotas
	maxBucket  = 21 // a bucket's at most 63, and begins with the project's ID of 30 at most, https://cloud.google.com/storage/docs/buckets#naming
)

// reservedName is what no topic's name may begin with, and no bucket's with one
// letter after it may hold: https://cloud.google.com/pubsub/docs/pubsub-basics#resource_names.
const reservedName = "goog"

// short returns the name in limit characters at most, which ends as names have
// to. What would not is cut and told apart by a hash, so that it never changes.
func short(name string, limit int) string {
	const least = 3 // with the shortest NAME, those of a service account
	if len(name) >= least && len(name) <= limit && !strings.HasSuffix(name, "-") {
		return name
	}
	end := "-" + hash(name)
	return strings.TrimRight(name[:min(len(name), limit-len(end))], "-") + end
}

// hash returns six digits that tell a text from others.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:3])
}

// label returns the name as Terraform's resources are called: no two names of
// functions or resources become one, since none has an underscore.
func label(parts ...string) string {
	return strings.ReplaceAll(strings.Join(parts, "_"), "-", "_")
}

// free returns base, with as many x after it as it takes to be none of the
// names.
func free(base string, taken []string) string {
	for name := base; ; name += "x" {
		if !slices.Contains(taken, name) {
			return name
		}
	}
}

var (
	notInName    = regexp.MustCompile(`[^a-z0-9]+`)
	majorVersion = regexp.MustCompile(`^v[0-9]+$`)
)

// applicationName returns the default of NAME, after the application's folder.
func applicationName(app model.App) string {
	base := path.Base(app.Path)
	if majorVersion.MatchString(base) {
		base = path.Base(path.Dir(app.Path))
	}
	name := strings.Trim(notInName.ReplaceAllString(strings.ToLower(base), "-"), "-0123456789")
	name = strings.TrimRight(name[:min(len(name), maxName)], "-")
	if len(name) < 2 || strings.Contains(name, reservedName) {
		return "fngen"
	}
	return name
}

var _ model.Placer = target{}

// Existing is of topics, whatever directives call them, buckets and collections.
func (t target) Existing(kind, name string) string {
	switch r := t.named(name); {
	case r.name == "":
		return ""
	case kind == "object" || kind == "document":
		return kind + " " + r.location + " " + r.database + " " + r.name
	default:
		return "topic " + r.name
	}
}

var _ model.Router = target{}

// Arrives is a topic, whatever directives call it, and of an event's sink the type
// of the events too.
func (t target) Arrives(f model.Function, s model.Sink) []string {
	switch {
	case s.Kind == "http":
		return nil
	case s.Kind == model.LettersKind:
		return []string{"the topic " + t.called(t.deadLetterTopic(f))}
	case s.Kind == "event" && s.Type != "":
		return []string{"the topic " + t.called(topic{s.Kind, s.Name}), "events of the type " + s.Type}
	}
	return []string{"the topic " + t.called(topic{s.Kind, s.Name})}
}

// Fed is what the function subscribes to.
func (t target) Fed(f model.Function) []string {
	if e, ok := f.Trigger.(model.Event); ok {
		return []string{"events of the type " + e.Type}
	}
	if !subscribes(f.Trigger) {
		return nil
	}
	return []string{"the topic " + t.called(t.topicOf(f.Trigger))}
}
