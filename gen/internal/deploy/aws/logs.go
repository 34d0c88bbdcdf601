package aws

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// late is how much later a line may come than one that was logged after it.
const late = time.Minute

// Logs tells what the function has logged since the time. With Follow it goes on
// until the context ends, which is no error then.
func (a Application) Logs(ctx context.Context, f model.Function, o deploy.LogOptions, tell func(deploy.Line)) error {
	s, err := a.connect(ctx)
	if err != nil {
		return err
	}
	id, name := a.LogGroup(f)
	physical, of := "", ""
	if a.Physical != nil {
		physical = a.Physical(id)
	} else {
		known, err := s.stacks.DescribeStackResource(ctx, &cloudformation.DescribeStackResourceInput{StackName: &s.Stack, LogicalResourceId: &id})
		if err != nil {
			return fmt.Errorf("stack %s: %w", s.Stack, plain(err))
		}
		physical = aws.ToString(known.StackResourceDetail.PhysicalResourceId)
	}
	if name == "" {
		name = physical
	} else { // in whose streams Lambda writes YYYY/MM/DD/FUNCTION[VERSION][ENVIRONMENT]
		of = "/" + physical + "["
	}
	told := map[string]time.Time{}
	return o.Ask(ctx, late, func(since time.Time) error {
		maps.DeleteFunc(told, func(_ string, at time.Time) bool { return at.Before(since.Add(-late)) })
		if err := s.lines(ctx, name, of, since, told, tell); err != nil {
			return fmt.Errorf("log %s: %w", name, plain(err))
		}
		return nil
	})
}

// lines tells those since the time that are not told yet, of streams with the text
// in their names.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-loggroups.html
func (s *session) lines(ctx context.Context, group, of string, since time.Time, told map[string]time.Time, tell func(deploy.Line)) error {
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(s.logs, &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &group, StartTime: aws.Int64(since.UnixMilli())})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			id := aws.ToString(e.EventId)
			if _, ok := told[id]; ok || !strings.Contains(aws.ToString(e.LogStreamName), of) {
				continue
			}
			at := time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC()
			told[id] = at
			tell(deploy.Line{Time: at, Text: strings.TrimRight(aws.ToString(e.Message), "\r\n")})
		}
	}
	return nil
}
