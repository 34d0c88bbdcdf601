package aws

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cf "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// mostBody is how many bytes a template has at most that does not lie in S3:
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const mostBody = 51_200

// settled waits until CloudFormation has ended what it does with the stack, which an
// interrupted run has begun, and returns it; nil if there is none.
func (s *session) settled(ctx context.Context) (*cf.Stack, error) {
	for told := false; ; told = true {
		now, err := s.stack(ctx, s.Stack)
		if err != nil || now == nil || !strings.HasSuffix(string(now.StackStatus), "_IN_PROGRESS") || now.StackStatus == cf.StackStatusReviewInProgress {
			return now, err
		}
		if !told {
			s.Waiting(fmt.Sprintf("stack %s is in %s", s.Stack, now.StackStatus))
		}
		if err := deploy.Pause(ctx, s.Every); err != nil {
			return nil, err
		}
	}
}

// Plan compares the template with the stack: that is a change set, which CloudFormation
// makes, unless the stack is not there yet. It reads a longer template in a bucket
// alone, where a dry run puts nothing and compares the templates instead. A stack has
// nothing that the application no longer has, so that prune changes nothing.
func (a Application) Plan(ctx context.Context, o deploy.Options) (deploy.Plan, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	next, err := s.packaged()
	if err != nil {
		return deploy.Plan{}, err
	}
	now, err := s.settled(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	out := deploy.Plan{Target: "aws", Place: s.place(), Steps: []deploy.Step{}, Notes: []string{}}
	switch {
	case now == nil:
		for _, r := range next.resources {
			out.Steps = append(out.Steps, deploy.Step{Do: deploy.Create, Kind: r.kind, Name: r.id})
		}
		out.Carry = s.carry(next, func(ctx context.Context) (string, error) { return s.create(ctx, next) })
		return out, nil
	case now.StackStatus == cf.StackStatusReviewInProgress:
		return out, fmt.Errorf("stack %s has only a change set of somebody else's; delete the stack, or deploy that", s.Stack)
	case now.StackStatus == cf.StackStatusRollbackComplete, now.StackStatus == cf.StackStatusRollbackFailed, now.StackStatus == cf.StackStatusCreateFailed, now.StackStatus == cf.StackStatusDeleteFailed:
		return out, fmt.Errorf("stack %s is in %s, from which it cannot be deployed; fngen remove removes it", s.Stack, now.StackStatus)
	case now.StackStatus == cf.StackStatusUpdateRollbackFailed:
		return out, fmt.Errorf("stack %s is in %s; aws cloudformation continue-update-rollback takes it back to what it was", s.Stack, now.StackStatus)
	}
	if o.DryRun && next.isLong() {
		there, err := s.deployed(ctx, now)
		if err != nil {
			return out, err
		}
		meant, err := parse(next.text)
		if err != nil {
			return out, err
		}
		out.Steps = estimate(there, meant)
		out.Notes = append(out.Notes, fmt.Sprintf("the template has %d bytes, which CloudFormation compares only if they lie in a bucket, where a dry run puts nothing: this is what differs in the templates, without what is replaced by a new one", len(next.text)))
		return out, nil
	}
	set, changes, err := s.changeSet(ctx, next, func(text string) { out.Notes = append(out.Notes, text) })
	if err != nil {
		return out, err
	}
	changed := map[string]bool{}
	for _, c := range changes {
		if c.ResourceChange != nil {
			step := stepOf(*c.ResourceChange)
			changed[step.Name] = true
			out.Steps = append(out.Steps, step)
		}
	}
	for _, r := range next.resources {
		if !changed[r.id] {
			out.Steps = append(out.Steps, deploy.Step{Do: deploy.Keep, Kind: r.kind, Name: r.id})
		}
	}
	if set == "" {
		out.Carry = func(ctx context.Context, _ func(string)) (deploy.Result, error) { return s.result(ctx) }
		return out, nil
	}
	out.Drop = func(ctx context.Context) { s.drop(ctx, set) }
	out.Carry = s.carry(next, func(ctx context.Context) (string, error) {
		_, err := s.stacks.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{ChangeSetName: &set})
		return aws.ToString(now.StackId), err
	})
	return out, nil
}

// estimate is what differs between two templates.
func estimate(there, next *template) []deploy.Step {
	steps := []deploy.Step{}
	before := map[string]resource{}
	for _, r := range there.resources {
		before[r.id] = r
	}
	for _, r := range next.resources {
		step := deploy.Step{Do: deploy.Keep, Kind: r.kind, Name: r.id}
		if old, ok := before[r.id]; !ok {
			step.Do = deploy.Create
		} else if !same(old.body, r.body) {
			step.Do = deploy.Change
		}
		delete(before, r.id)
		steps = append(steps, step)
	}
	for _, r := range there.resources {
		if _, gone := before[r.id]; gone {
			step := deploy.Step{Do: deploy.Remove, Kind: r.kind, Name: r.id}
			if r.outlives {
				step.Why = leaves
			}
			steps = append(steps, step)
		}
	}
	return steps
}

// leaves is why a resource that outlives its stack is none of its any more.
const leaves = "leaves the stack, and stays in the account with what is in it"

// stepOf is what becomes of a resource.
func stepOf(c cf.ResourceChange) deploy.Step {
	s := deploy.Step{Do: deploy.Change, Kind: aws.ToString(c.ResourceType), Name: aws.ToString(c.LogicalResourceId)}
	switch c.Action {
	case cf.ChangeActionAdd, cf.ChangeActionImport:
		s.Do = deploy.Create
	case cf.ChangeActionRemove:
		s.Do = deploy.Remove
		if c.PolicyAction == cf.PolicyActionRetain {
			s.Why = leaves
		}
	default:
		switch c.Replacement {
		case cf.ReplacementTrue:
			s.Why = "is replaced by a new one"
		case cf.ReplacementConditional:
			s.Why = "may be replaced by a new one"
		}
	}
	return s
}

// isLong reports whether CloudFormation has to find the template in a bucket.
func (t *packaged) isLong() bool { return len(t.text) > mostBody }

// body is how the template is given to CloudFormation: as it is, or where it lies in
// the bucket.
func (s *session) body(t *packaged) (text, address *string) {
	if !t.isLong() {
		return aws.String(string(t.text)), nil
	}
	suffix := "amazonaws.com"
	if s.partition == "aws-cn" {
		suffix = "amazonaws.com.cn"
	}
	return nil, aws.String(fmt.Sprintf("https://%s.s3.%s.%s/%s", s.bucket(), s.region, suffix, key(t.text, ".template.yaml")))
}

// objects are the archives, and the template if it is too long to be sent.
func (t *packaged) objects() map[string][]byte {
	objects := map[string][]byte{}
	for name, data := range t.archives {
		objects[name] = data
	}
	if t.isLong() {
		objects[key(t.text, ".template.yaml")] = t.text
	}
	return objects
}

var capabilities = []cf.Capability{cf.CapabilityCapabilityIam}

// create creates the stack. One whose first deployment fails is deleted, since it
// could not be deployed again.
func (s *session) create(ctx context.Context, t *packaged) (string, error) {
	text, address := s.body(t)
	out, err := s.stacks.CreateStack(ctx, &cloudformation.CreateStackInput{StackName: &s.Stack, TemplateBody: text, TemplateURL: address, Capabilities: capabilities, OnFailure: cf.OnFailureDelete})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.StackId), nil
}

// changeSet makes one and returns its name and what it changes; "" for nothing. A
// template that lies in the bucket has to be there before, which is told.
func (s *session) changeSet(ctx context.Context, t *packaged, tell func(string)) (string, []cf.Change, error) {
	if t.isLong() {
		name := key(t.text, ".template.yaml")
		if err := s.upload(ctx, map[string][]byte{name: t.text}, tell); err != nil {
			return "", nil, err
		}
	}
	text, address := s.body(t)
	name := fmt.Sprintf("fngen-%d", time.Now().UnixNano())
	made, err := s.stacks.CreateChangeSet(ctx, &cloudformation.CreateChangeSetInput{StackName: &s.Stack, ChangeSetName: &name, ChangeSetType: cf.ChangeSetTypeUpdate, TemplateBody: text, TemplateURL: address, Capabilities: capabilities})
	if err != nil {
		return "", nil, fmt.Errorf("change set of stack %s: %w", s.Stack, plain(err))
	}
	id := aws.ToString(made.Id)
	var changes []cf.Change
	var token *string
	for {
		set, err := s.stacks.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{ChangeSetName: &id, NextToken: token})
		if err != nil {
			s.drop(context.WithoutCancel(ctx), id)
			return "", nil, fmt.Errorf("change set of stack %s: %w", s.Stack, plain(err))
		}
		switch set.Status {
		case cf.ChangeSetStatusCreateComplete:
			changes = append(changes, set.Changes...)
			if token = set.NextToken; token != nil {
				continue
			}
			if len(changes) == 0 {
				s.drop(ctx, id)
				return "", nil, nil
			}
			return id, changes, nil
		case cf.ChangeSetStatusFailed:
			s.drop(ctx, id)
			reason := aws.ToString(set.StatusReason)
			if strings.Contains(reason, "didn't contain changes") || strings.Contains(reason, "No updates are to be performed") {
				return "", nil, nil
			}
			return "", nil, fmt.Errorf("change set of stack %s: %s", s.Stack, strings.Join(strings.Fields(reason), " "))
		}
		if err := deploy.Pause(ctx, s.Every); err != nil {
			s.drop(context.WithoutCancel(ctx), id)
			return "", nil, err
		}
	}
}

// drop deletes a change set that is not carried out. One that stays is in nobody's
// way.
func (s *session) drop(ctx context.Context, id string) {
	_, _ = s.stacks.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{ChangeSetName: &id})
}

// carry uploads what the template names, begins and follows the stack.
func (s *session) carry(t *packaged, begin func(context.Context) (string, error)) func(context.Context, func(string)) (deploy.Result, error) {
	return func(ctx context.Context, tell func(string)) (deploy.Result, error) {
		if err := s.upload(ctx, t.objects(), tell); err != nil {
			if ctx.Err() != nil {
				tell("nothing goes on without fngen; what was uploaded stays, and the same command does the rest")
				return deploy.Result{}, ctx.Err()
			}
			return deploy.Result{}, err
		}
		last, err := s.lastEvent(ctx)
		if err != nil {
			return deploy.Result{}, err
		}
		id, err := begin(ctx)
		if err == nil {
			err = s.follow(ctx, id, last, tell, cf.StackStatusCreateComplete, cf.StackStatusUpdateComplete)
		}
		if ctx.Err() != nil {
			tell(fmt.Sprintf("CloudFormation may go on with stack %s; the same command waits for it, and does the rest", s.Stack))
			return deploy.Result{}, ctx.Err()
		}
		if err != nil {
			var failed *failedStack
			if errors.As(err, &failed) {
				return deploy.Result{}, failed
			}
			return deploy.Result{}, fmt.Errorf("stack %s: %w", s.Stack, plain(err))
		}
		return s.result(ctx)
	}
}

// deployed is the stack's template.
func (s *session) deployed(ctx context.Context, now *cf.Stack) (*template, error) {
	got, err := s.stacks.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: now.StackId})
	if err != nil {
		return nil, fmt.Errorf("template of stack %s: %w", s.Stack, plain(err))
	}
	return parse([]byte(aws.ToString(got.TemplateBody)))
}

// Removal plans the deletion of the stack. What holds the user's data stays.
func (a Application) Removal(ctx context.Context) (deploy.Plan, error) {
	s, err := a.connect(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	now, err := s.settled(ctx)
	if err != nil {
		return deploy.Plan{}, err
	}
	out := deploy.Plan{Target: "aws", Place: s.place(), Steps: []deploy.Step{}, Notes: []string{}}
	if now == nil {
		out.Carry = func(context.Context, func(string)) (deploy.Result, error) {
			return deploy.Result{Addresses: []deploy.Address{}}, nil
		}
		return out, nil
	}
	there, err := s.deployed(ctx, now)
	if err != nil {
		return out, err
	}
	for _, r := range there.resources {
		if r.outlives {
			out.Notes = append(out.Notes, fmt.Sprintf("%s (%s) stays in the account, with what is in it", r.id, r.kind))
			continue
		}
		out.Steps = append(out.Steps, deploy.Step{Do: deploy.Remove, Kind: r.kind, Name: r.id})
	}
	out.Steps = append(out.Steps, deploy.Step{Do: deploy.Remove, Kind: "stack", Name: s.Stack})
	out.Carry = func(ctx context.Context, tell func(string)) (deploy.Result, error) {
		r := deploy.Result{Addresses: []deploy.Address{}}
		last, err := s.lastEvent(ctx)
		if err == nil {
			if _, err = s.stacks.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: now.StackId}); err == nil {
				err = s.follow(ctx, aws.ToString(now.StackId), last, tell, cf.StackStatusDeleteComplete)
			}
		}
		if ctx.Err() != nil {
			tell(fmt.Sprintf("CloudFormation may go on to delete stack %s; the same command waits for it", s.Stack))
			return r, ctx.Err()
		}
		var failed *failedStack
		if err != nil && !errors.As(err, &failed) {
			err = fmt.Errorf("stack %s: %w", s.Stack, plain(err))
		}
		return r, err
	}
	return out, nil
}
