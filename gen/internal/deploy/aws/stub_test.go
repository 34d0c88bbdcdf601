package aws_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/fngen/fngen/gen/internal/deploy"
)

// A stub plays CloudFormation: the stack's statuses, one after the other, and the
// events that come once something has begun. The kinds of events are those that the
// service gives, with the texts that it has for them.
type stub struct {
	mu       sync.Mutex
	statuses []string // of the stack as it is described; "" for none
	events   []string // STATUS TYPE ID REASON, once something has begun
	set      string   // STATUS REASON of the change set
	refuse   string   // CODE MESSAGE of what begins
	begun    bool
	calls    []string
	onBegin  func()
}

const stackID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/1f"

func (s *stub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = r.ParseForm()
	action := r.PostForm.Get("Action")
	if action == "" {
		s.calls = append(s.calls, r.Method)
		w.WriteHeader(http.StatusOK) // of the bucket, where all is
		return
	}
	s.calls = append(s.calls, action)
	w.Header().Set("Content-Type", "text/xml")
	fail := func(status int, code, message string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, "<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error></ErrorResponse>", code, message)
	}
	answer := func(inner string) {
		fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", action, inner)
	}
	switch action {
	case "GetCallerIdentity":
		answer("<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/me</Arn>")
	case "DescribeStacks":
		status := s.statuses[0]
		if len(s.statuses) > 1 {
			s.statuses = s.statuses[1:]
		}
		if status == "" {
			fail(http.StatusBadRequest, "ValidationError", "Stack with id shop does not exist")
			return
		}
		answer(fmt.Sprintf("<Stacks><member><StackName>shop</StackName><StackId>%s</StackId><StackStatus>%s</StackStatus><CreationTime>2026-11-30T12:00:00Z</CreationTime></member></Stacks>", stackID, status))
	case "CreateStack", "ExecuteChangeSet", "DeleteStack":
		if s.refuse != "" {
			code, message, _ := strings.Cut(s.refuse, " ")
			fail(http.StatusForbidden, code, message)
			return
		}
		s.begun = true
		if s.onBegin != nil {
			s.onBegin()
		}
		answer("<StackId>" + stackID + "</StackId>")
	case "CreateChangeSet":
		answer("<Id>arn:set</Id><StackId>" + stackID + "</StackId>")
	case "DescribeChangeSet":
		status, reason, _ := strings.Cut(s.set, " ")
		answer(fmt.Sprintf("<Status>%s</Status><StatusReason>%s</StatusReason><Changes><member><Type>Resource</Type><ResourceChange><Action>Modify</Action><LogicalResourceId>OrdersQueue</LogicalResourceId><ResourceType>AWS::SQS::Queue</ResourceType><Replacement>True</Replacement></ResourceChange></member></Changes>", status, reason))
	case "DescribeStackEvents":
		var members []string
		for i, e := range append([]string{"CREATE_COMPLETE AWS::CloudFormation::Stack shop "}, s.events...) {
			if i > 0 && !s.begun {
				break
			}
			parts := strings.SplitN(e, " ", 4)
			physical := "physical-" + parts[2]
			if parts[1] == "AWS::CloudFormation::Stack" {
				physical = stackID
			}
			members = append([]string{fmt.Sprintf("<member><EventId>%d</EventId><StackId>%s</StackId><StackName>shop</StackName><Timestamp>2026-11-30T12:00:00Z</Timestamp><ResourceStatus>%s</ResourceStatus><ResourceType>%s</ResourceType><LogicalResourceId>%s</LogicalResourceId><PhysicalResourceId>%s</PhysicalResourceId><ResourceStatusReason>%s</ResourceStatusReason></member>", i, stackID, parts[0], parts[1], parts[2], physical, parts[3])}, members...)
		}
		answer("<StackEvents>" + strings.Join(members, "") + "</StackEvents>")
	case "GetTemplate":
		answer("<TemplateBody>Resources: {OrdersBucket: {Type: AWS::S3::Bucket}}</TemplateBody>")
	default:
		answer("")
	}
}

// What is printed of a failure is one line, with the reason of what failed first.
func TestFailures(t *testing.T) {
	const stack = " AWS::CloudFormation::Stack shop "
	const denied = "AccessDenied User: arn:aws:iam::123456789012:user/me is not authorized to perform: cloudformation:CreateStack"
	for name, c := range map[string]struct {
		stub   *stub
		remove bool
		want   string
	}{
		"a first deployment, which is deleted": {&stub{statuses: []string{""}, events: []string{
			"CREATE_IN_PROGRESS" + stack + "User Initiated",
			"CREATE_IN_PROGRESS AWS::IAM::Role ConfirmRole ",
			"CREATE_FAILED AWS::Lambda::Function ConfirmFunction Resource handler returned message: &quot;The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400)&quot;",
			"CREATE_FAILED AWS::SQS::Queue OrdersQueue Resource creation cancelled",
			"CREATE_FAILED" + stack + "The following resource(s) failed to create: [ConfirmFunction, OrdersQueue].",
			"DELETE_IN_PROGRESS" + stack, "DELETE_COMPLETE" + stack}}, false,
			`stack shop ended in DELETE_COMPLETE: ConfirmFunction (AWS::Lambda::Function): Resource handler returned message: "The role defined for the function cannot be assumed by Lambda. (Service: Lambda, Status Code: 400)"`},
		"a change, which is taken back": {&stub{statuses: []string{"UPDATE_COMPLETE"}, set: "CREATE_COMPLETE ", events: []string{
			"UPDATE_IN_PROGRESS" + stack + "User Initiated",
			"UPDATE_FAILED AWS::SQS::Queue OrdersQueue Invalid value for the parameter VisibilityTimeout.",
			"UPDATE_ROLLBACK_IN_PROGRESS" + stack + "The following resource(s) failed to update: [OrdersQueue].",
			"UPDATE_COMPLETE AWS::SQS::Queue OrdersQueue ",
			"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS" + stack, "UPDATE_ROLLBACK_COMPLETE" + stack}}, false,
			"stack shop ended in UPDATE_ROLLBACK_COMPLETE: OrdersQueue (AWS::SQS::Queue): Invalid value for the parameter VisibilityTimeout."},
		"a change that cannot be taken back": {&stub{statuses: []string{"UPDATE_COMPLETE"}, set: "CREATE_COMPLETE ", events: []string{
			"UPDATE_FAILED AWS::SQS::Queue OrdersQueue Access denied", "UPDATE_ROLLBACK_IN_PROGRESS" + stack,
			"UPDATE_FAILED AWS::SQS::Queue OrdersQueue Access denied again", "UPDATE_ROLLBACK_FAILED" + stack + "The following resource(s) failed to update: [OrdersQueue]."}}, false,
			"stack shop ended in UPDATE_ROLLBACK_FAILED: OrdersQueue (AWS::SQS::Queue): Access denied"},
		"a removal": {&stub{statuses: []string{"UPDATE_COMPLETE"}, events: []string{
			"DELETE_IN_PROGRESS" + stack, "DELETE_FAILED AWS::S3::Bucket OrdersBucket The bucket you tried to delete is not empty",
			"DELETE_FAILED" + stack + "The following resource(s) failed to delete: [OrdersBucket]."}}, true,
			"stack shop ended in DELETE_FAILED: OrdersBucket (AWS::S3::Bucket): The bucket you tried to delete is not empty"},
		"what nobody may":      {&stub{statuses: []string{""}, refuse: denied}, false, "stack shop: AccessDenied: User: arn:aws:iam::123456789012:user/me is not authorized to perform: cloudformation:CreateStack"},
		"another region":       {&stub{statuses: []string{""}, refuse: "ValidationError Template Rule Region failed: fngen.yaml has the application in eu-west-1"}, false, "stack shop: ValidationError: Template Rule Region failed: fngen.yaml has the application in eu-west-1"},
		"a change set":         {&stub{statuses: []string{"UPDATE_COMPLETE"}, set: "FAILED Template error: instance of Fn::GetAtt references undefined resource X"}, false, "change set of stack shop: Template error: instance of Fn::GetAtt references undefined resource X"},
		"a dead end":           {&stub{statuses: []string{"ROLLBACK_COMPLETE"}}, false, "stack shop is in ROLLBACK_COMPLETE, from which it cannot be deployed; fngen remove removes it"},
		"half taken back":      {&stub{statuses: []string{"UPDATE_ROLLBACK_FAILED"}}, false, "stack shop is in UPDATE_ROLLBACK_FAILED; aws cloudformation continue-update-rollback takes it back to what it was"},
		"nothing to change":    {&stub{statuses: []string{"CREATE_COMPLETE"}, set: "FAILED The submitted information didn't contain changes. Submit different information to create a change set."}, false, ""},
		"no updates":           {&stub{statuses: []string{"CREATE_COMPLETE"}, set: "FAILED No updates are to be performed."}, false, ""},
		"another run goes on":  {&stub{statuses: []string{"UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"}, set: "FAILED No updates are to be performed."}, false, ""},
		"a change that works":  {&stub{statuses: []string{"CREATE_COMPLETE"}, set: "CREATE_COMPLETE ", events: []string{"UPDATE_COMPLETE AWS::SQS::Queue OrdersQueue ", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS" + stack, "DELETE_FAILED AWS::SQS::Queue OrdersQueue in use", "UPDATE_COMPLETE" + stack}}, false, ""},
		"a set of others' own": {&stub{statuses: []string{"REVIEW_IN_PROGRESS"}}, false, "stack shop has only a change set of somebody else's; delete the stack, or deploy that"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.stub)
			defer server.Close()
			credentials(t, server.URL)
			app := application(shop, "one")
			var p deploy.Plan
			var err error
			if c.remove {
				p, err = app.Removal(t.Context())
			} else {
				p, err = app.Plan(t.Context(), false)
			}
			if err == nil {
				_, err = p.Carry(t.Context(), func(string) {})
			}
			if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && got != c.want {
				t.Errorf("the error is\n%s, and not\n%s", got, c.want)
			}
		})
	}
}

// An interrupt ends fngen, and not CloudFormation, which is said. A plan that is not
// carried out leaves no change set.
func TestInterrupted(t *testing.T) {
	s := &stub{statuses: []string{"UPDATE_COMPLETE"}, set: "CREATE_COMPLETE "}
	server := httptest.NewServer(s)
	defer server.Close()
	credentials(t, server.URL)
	ctx, cancel := context.WithCancel(t.Context())
	s.onBegin = cancel
	p, err := application(shop, "one").Plan(ctx, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Steps) != 4 || p.Steps[0].Why != "is replaced by a new one" {
		t.Errorf("the plan is %v", p.Steps)
	}
	var told []string
	_, err = p.Carry(ctx, func(text string) { told = append(told, text) })
	if !errors.Is(err, context.Canceled) || len(told) == 0 || told[len(told)-1] != "CloudFormation may go on with stack shop; the same command waits for it, and does the rest" {
		t.Errorf("it tells %q (%v)", told, err)
	}
	if p, err = application(shop, "one").Plan(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	p.Discard(t.Context())
	if s.calls[len(s.calls)-1] != "DeleteChangeSet" {
		t.Errorf("the last call is %s", s.calls[len(s.calls)-1])
	}
}

// Without credentials, or with a secret in them, one line says so without it.
func TestCredentials(t *testing.T) {
	credentials(t, "http://127.0.0.1:1")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := application(shop, "one").Plan(t.Context(), false)
	if err == nil || !strings.HasPrefix(err.Error(), "there are no credentials, or they have expired;") {
		t.Errorf("the error is %v", err)
	}
	credentials(t, "http://127.0.0.1:1")
	app := application(shop, "one")
	app.Region = ""
	if _, err := app.Plan(t.Context(), false); err == nil || err.Error() != "there is no region; set targets.aws.region, or AWS_REGION in the environment" {
		t.Errorf("the error is %v", err)
	}
	var log strings.Builder
	app = application(shop, "one")
	app.Log = &log
	_, err = app.Plan(t.Context(), false)
	if err == nil || strings.Contains(err.Error()+log.String(), "not-to-be-shown") || !strings.Contains(log.String(), "STS GetCallerIdentity: ") {
		t.Errorf("the error is %v, and the log %s", err, log.String())
	}
}
