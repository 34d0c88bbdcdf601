package gcp

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Facts has what events and their infrastructure mean on Google Cloud.
func (t target) Facts(f model.Function) model.Facts {
	facts := model.Facts{Guarantee: model.AtLeastOnce, Order: "none", Retries: "for 24 hours, by Eventarc", DeadLetter: "none: logged whole and acknowledged"}
	if hasDeadLetters(f) {
		facts.DeadLetter = "by the function, to the topic " + t.called(t.deadLetterTopic(f)) + "; what Eventarc gives up is lost"
	}
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		facts = model.Facts{Source: "Cloud Run", Guarantee: model.OnRequest, Retries: "none", Order: "none", DeadLetter: "none"}
	case model.Schedule:
		facts.Source = "Cloud Scheduler job"
		if s, err := expression(trigger); err == nil {
			facts.Source += " " + s
		}
		facts.Retries = fmt.Sprintf("%d, by Cloud Scheduler", f.RetriesOr(someRetries))
		if hasDeadLetters(f) {
			facts.DeadLetter = "by the function, to the topic " + t.called(t.deadLetterTopic(f)) + "; what fails at the last try is lost"
		}
	case model.Queue, model.Topic, model.Stream:
		facts.Source = "Pub/Sub subscription"
		facts.Retries = "for 7 days, by the subscription"
		if hasDeadLetters(f) {
			facts.Retries = fmt.Sprintf("%d, by the subscription", deliveries(f)-1)
			facts.DeadLetter = "by the function and the subscription, to the topic " + t.called(t.deadLetterTopic(f))
		}
		if q, ok := trigger.(model.Queue); ok && q.FIFO {
			facts.Order = "ordering key"
		}
		if _, ok := trigger.(model.Stream); ok {
			facts.Order = "ordering key"
			facts.Differs = []string{"there is no sequence"}
		}
	case model.Object:
		facts.Source = "Eventarc, Cloud Storage bucket"
		facts.Differs = []string{"data.etag, version and contenttype are Cloud Storage's own"}
		if trigger.Prefix != "" || trigger.Suffix != "" {
			facts.Emulated = []string{"prefix and suffix"}
		}
	case model.Document:
		facts.Source = "Eventarc, Firestore collection"
		if subset(trigger) {
			facts.Emulated = []string{"the choice of changes"}
		}
	case model.Event:
		facts.Source = "Eventarc channel, and the application's event sinks if any"
		if googles(trigger.Type) {
			facts.Source = "Eventarc"
		}
		if trigger.Source != "" {
			facts.Emulated = []string{"source"}
		}
	}
	uses, wider := t.grants(f)
	facts.Uses, facts.Differs = uses, append(facts.Differs, wider...)
	return facts
}

// called returns the topic's name, NAME being the variable of main.tf.
func (t target) called(to topic) string {
	if name := t.existing(to); name != "" {
		return name
	}
	return "NAME-" + to.physical()
}

// subset reports whether two of the three changes are asked for, which Eventarc
// has no filter for.
func subset(t model.Document) bool {
	n := 0
	for _, asked := range []bool{t.Created, t.Updated, t.Deleted} {
		if asked {
			n++
		}
	}
	return n == 2
}

// grants says what the function uses, by which right, and which rights are wider
// than the directive's.
func (t target) grants(f model.Function) (grants, wider []string) {
	for _, u := range f.Uses {
		r := t.named(u.Name)
		right := strings.Join(append([]string{u.Right()}, r.roles...), ", ")
		switch u.Kind {
		case model.UseDocument:
			grants = append(grants, fmt.Sprintf("%s is the Firestore collection %s (%s)", u.Param, cmp.Or(r.name, u.Name), right))
			wider = append(wider, fmt.Sprintf("the right to %s is that to its whole database %s", u.Param, r.database))
		case model.UseObject:
			name := cmp.Or(r.name, u.Name)
			grants = append(grants, fmt.Sprintf("%s is the Cloud Storage bucket %s (%s)", u.Param, strings.TrimSuffix(name+" below "+u.Prefix, " below "), right))
		case model.UseSecret:
			grants = append(grants, fmt.Sprintf("%s is the secret %s of Secret Manager (read)", u.Param, u.Name))
		}
	}
	return grants, wider
}
