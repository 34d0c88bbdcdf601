package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cf "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// A failedStack says what has failed first: all else is a consequence.
type failedStack struct {
	stack, status string
	resource      string // with its type; "" for the stack itself
	reason        string
}

func (e *failedStack) Error() string {
	text := fmt.Sprintf("stack %s ended in %s", e.stack, e.status)
	if e.resource != "" {
		text += ": " + e.resource
	}
	if e.reason != "" {
		text += ": " + e.reason
	}
	return text
}

// lastEvent is the id of the stack's newest event, "" if there is none.
func (s *session) lastEvent(ctx context.Context) (string, error) {
	events, err := s.stacks.DescribeStackEvents(ctx, &cloudformation.DescribeStackEventsInput{StackName: &s.Stack})
	switch {
	case isCode(err, "ValidationError") && strings.Contains(err.Error(), "does not exist"):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("events of stack %s: %w", s.Stack, plain(err))
	case len(events.StackEvents) == 0:
		return "", nil
	}
	return aws.ToString(events.StackEvents[0].EventId), nil
}

// follow tells the events of the stack after the last one until CloudFormation has
// ended, and returns a failedStack if that is in none of the good statuses. The id is the stack's own,
// since one that is deleted has no name.
func (s *session) follow(ctx context.Context, id, last string, tell func(string), good ...cf.StackStatus) error {
	var first *cf.StackEvent // that has failed
	for {
		events, err := s.since(ctx, id, last)
		if err != nil {
			return err
		}
		for _, e := range events {
			last = aws.ToString(e.EventId)
			isStack := aws.ToString(e.PhysicalResourceId) == id
			status := string(e.ResourceStatus)
			if strings.HasSuffix(status, "_FAILED") && first == nil && !isConsequence(e) {
				first = &e
			}
			if !isStack {
				if text, ok := done(e); ok {
					tell(text)
				}
				continue
			}
			if strings.HasSuffix(status, "_IN_PROGRESS") {
				continue
			}
			switch {
			case slices.Contains(good, cf.StackStatus(status)):
				return nil
			case status == "CREATE_FAILED" || status == "UPDATE_FAILED": // what it does about it follows
			default:
				return s.failure(status, first, e)
			}
		}
		if err := deploy.Pause(ctx, s.Every); err != nil {
			return err
		}
	}
}

// isConsequence reports whether the event is one of a resource that was stopped since
// another has failed.
func isConsequence(e cf.StackEvent) bool {
	reason := aws.ToString(e.ResourceStatusReason)
	return strings.Contains(reason, "cancelled") || strings.HasPrefix(reason, "The following resource(s) failed")
}

func (s *session) failure(status string, first *cf.StackEvent, end cf.StackEvent) error {
	failed := &failedStack{stack: s.Stack, status: status}
	if first == nil {
		first = &end
	} else if aws.ToString(first.PhysicalResourceId) != aws.ToString(end.PhysicalResourceId) {
		failed.resource = fmt.Sprintf("%s (%s)", aws.ToString(first.LogicalResourceId), aws.ToString(first.ResourceType))
	}
	failed.reason = strings.Join(strings.Fields(aws.ToString(first.ResourceStatusReason)), " ")
	return failed
}

// done is the event as a line, if something has ended.
func done(e cf.StackEvent) (string, bool) {
	for status, word := range map[string]string{"CREATE_COMPLETE": "created", "UPDATE_COMPLETE": "changed", "DELETE_COMPLETE": "removed", "DELETE_SKIPPED": "kept", "CREATE_FAILED": "could not create", "UPDATE_FAILED": "could not change", "DELETE_FAILED": "could not remove"} {
		if string(e.ResourceStatus) == status {
			return fmt.Sprintf("%s %s %s", word, aws.ToString(e.ResourceType), aws.ToString(e.LogicalResourceId)), true
		}
	}
	return "", false
}

// since returns the events after the last one, the oldest first.
func (s *session) since(ctx context.Context, id, last string) ([]cf.StackEvent, error) {
	var all []cf.StackEvent
	pages := cloudformation.NewDescribeStackEventsPaginator(s.stacks, &cloudformation.DescribeStackEventsInput{StackName: &id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, e := range page.StackEvents {
			if aws.ToString(e.EventId) == last {
				slices.Reverse(all)
				return all, nil
			}
			all = append(all, e)
		}
	}
	slices.Reverse(all)
	return all, nil
}
