package aws

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
)

// Facts has what EVENTS and their infrastructure mean on AWS Lambda.
func (t Target) Facts(f model.Function) model.Facts {
	facts := model.Facts{Guarantee: model.AtLeastOnce, Order: "none", Retries: fmt.Sprintf("%d, by Lambda", retries(f)), DeadLetter: deadLetter(f, "a queue of its own, kept for 14 days")}
	switch trigger := f.Trigger.(type) {
	case model.HTTP:
		facts = model.Facts{Source: "Function URL, HTTP API, REST API or load balancer", Guarantee: model.OnRequest, Retries: "none", Order: "none", DeadLetter: "none",
			Differs: []string{"6 MB each way, 1 MB behind a load balancer", "several values of a header are folded to one, the last one counts behind a load balancer", "an HTTP API decodes the path"}}
		if t.base != "" {
			facts.Differs = append(facts.Differs, "the base path "+t.base+" is taken off the path")
		}
	case model.Schedule:
		facts.Source = "EventBridge Scheduler"
		if s, err := expression(trigger); err == nil {
			facts.Source += " " + s
		}
	case model.Queue:
		facts.Source = "SQS queue"
		facts.Retries = fmt.Sprintf("%d, by the queue; of a batch only what failed", receives(f)-1)
		if trigger.FIFO {
			facts.Source = "SQS FIFO queue"
			facts.Order = "message group"
		}
	case model.Topic:
		facts.Source = "SNS topic"
	case model.Object:
		facts.Source = "S3 bucket"
		facts.Differs = []string{"data.etag, version and sequencer are S3's own"}
	case model.Document:
		facts.Source = "DynamoDB stream"
		facts.Order, facts.Retries, facts.DeadLetter = "item", streamRetries(f), deadLetter(f, ownBucket)
	case model.Stream:
		facts.Source = "Kinesis stream"
		facts.Order, facts.Retries, facts.DeadLetter = "shard", streamRetries(f), deadLetter(f, ownBucket)
	case model.Event:
		facts.Source = "EventBridge rule"
	}
	facts.Uses = t.grants(f)
	return facts
}

const ownBucket = "a bucket of its own, the records whole"

// receives is maxReceiveCount of a queue.
func receives(f model.Function) int { return f.RetriesOr(4) + 1 }

// streamRetries says who tries the records of a stream again.
func streamRetries(f model.Function) string {
	return fmt.Sprintf("%d, by Lambda, from the first record that failed", recordRetries(f))
}

// deadLetter says where what fails for good goes; own is the function's own
// place for it.
func deadLetter(f model.Function, own string) string {
	switch f.DeadLetter {
	case "":
		return own
	case "none":
		return "none: logged whole and acknowledged"
	}
	return "the queue " + f.DeadLetter
}

// grants says what the function uses, and by which right.
func (t Target) grants(f model.Function) []string {
	var grants []string
	for _, u := range f.Uses {
		right := strings.Join(append([]string{u.Right()}, t.actions[u.Name]...), ", ")
		name := cmp.Or(t.names[u.Name], u.Name)
		switch u.Kind {
		case model.UseDocument:
			grants = append(grants, fmt.Sprintf("%s is the DynamoDB table %s (%s)", u.Param, name, right))
		case model.UseObject:
			grants = append(grants, fmt.Sprintf("%s is the S3 bucket %s (%s)", u.Param, strings.TrimSuffix(name+" below "+u.Prefix, " below "), right))
		case model.UseSecret:
			grants = append(grants, fmt.Sprintf("%s is the secret %s of Secrets Manager (read)", u.Param, u.Name))
		}
	}
	return grants
}
