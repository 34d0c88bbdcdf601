package aws_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"slices"
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
	template string   // that is deployed
	sent     string   // the template of the last change set
	empty    bool     // S3, until something is put there
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
		switch {
		case s.empty && r.Method == http.MethodHead:
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPut:
			s.empty = false
		}
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
		s.sent = r.PostForm.Get("TemplateBody") + r.PostForm.Get("TemplateURL")
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
	case "DescribeStackResource":
		answer("<StackResourceDetail><LogicalResourceId>ConfirmLogs</LogicalResourceId><PhysicalResourceId>physical-" + r.PostForm.Get("LogicalResourceId") + "</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus><ResourceType>AWS::Logs::LogGroup</ResourceType><LastUpdatedTimestamp>2026-11-30T12:00:00Z</LastUpdatedTimestamp></StackResourceDetail>")
	case "GetTemplate":
		answer("<TemplateBody>" + html.EscapeString(cmp.Or(s.template, "Resources: {OrdersBucket: {Type: AWS::S3::Bucket}}")) + "</TemplateBody>")
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
			var waits []string
			app.Waiting = func(why string) { waits = append(waits, why) }
			var p deploy.Plan
			var err error
			if c.remove {
				p, err = app.Removal(t.Context())
			} else {
				p, err = app.Plan(t.Context(), deploy.Options{})
			}
			if err == nil {
				_, err = p.Carry(t.Context(), func(string) {})
			}
			if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && got != c.want {
				t.Errorf("the error is\n%s, and not\n%s", got, c.want)
			}
			want := ""
			if name == "another run goes on" {
				want = "stack shop is in UPDATE_IN_PROGRESS"
			}
			if got := strings.Join(waits, ", "); got != want {
				t.Errorf("it waits since %q", got)
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
	p, err := application(shop, "one").Plan(ctx, deploy.Options{})
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
	if p, err = application(shop, "one").Plan(t.Context(), deploy.Options{}); err != nil {
		t.Fatal(err)
	}
	p.Discard(t.Context())
	if s.calls[len(s.calls)-1] != "DeleteChangeSet" {
		t.Errorf("the last call is %s", s.calls[len(s.calls)-1])
	}
}

// A dry run leaves nothing: no change set, and in no bucket a template that is too
// long to be sent, which it compares itself. The same template is uploaded where it
// is meant, and that is told.
func TestDryRun(t *testing.T) {
	const reads = "GetCallerIdentity DescribeStacks GetTemplate"
	long := func(template string, bytes int) string {
		return template + "Metadata:\n  Padding: " + strings.Repeat("x", bytes) + "\n"
	}
	plan := func(s *stub, template string, o deploy.Options) deploy.Plan {
		t.Helper()
		s.statuses, s.set, s.calls = []string{"UPDATE_COMPLETE"}, "CREATE_COMPLETE ", nil
		server := httptest.NewServer(s)
		defer server.Close()
		credentials(t, server.URL)
		p, err := application(template, "one").Plan(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		p.Discard(t.Context())
		return p
	}
	var s stub
	plan(&s, long(shop, 1), deploy.Options{DryRun: true})
	if got := strings.Join(s.calls, " "); got != "GetCallerIdentity DescribeStacks CreateChangeSet DescribeChangeSet DeleteChangeSet" {
		t.Errorf("of a short template a dry run calls %s", got)
	}
	most := 51_200 - len(s.sent) + 1
	plan(&s, long(shop, most), deploy.Options{DryRun: true})
	if len(s.sent) != 51_200 || !slices.Contains(s.calls, "DeleteChangeSet") {
		t.Errorf("of a template of %d bytes a dry run calls %s", len(s.sent), s.calls)
	}

	s.empty = true
	p := plan(&s, long(shop, most+1), deploy.Options{})
	if !strings.HasPrefix(s.sent, "https://fngen-123456789012-eu-west-1.s3.eu-west-1.amazonaws.com/fngen/") || !slices.Contains(s.calls, "PUT") {
		t.Errorf("the template is at %s, after %s", s.sent, s.calls)
	}
	if len(p.Notes) == 0 || p.Notes[0] != "created bucket fngen-123456789012-eu-west-1" {
		t.Errorf("the notes are %q", p.Notes)
	}

	plan(&s, long(shop, 1), deploy.Options{}) // is deployed, by the text that was sent
	s.template = strings.Replace(s.sent, "VisibilityTimeout: 180", "VisibilityTimeout: 90", 1)
	s.template = strings.Replace(s.template, "Outputs:", "  OldTable:\n    Type: AWS::DynamoDB::Table\n    DeletionPolicy: Retain\n  OldRole:\n    Type: AWS::IAM::Role\nOutputs:", 1)
	next := strings.Replace(shop, "  ConfirmLogs:", "  NewQueue:\n    Type: AWS::SQS::Queue\n  ConfirmLogs:", 1)
	p = plan(&s, long(next, most+1), deploy.Options{DryRun: true})
	if got := strings.Join(s.calls, " "); got != reads {
		t.Errorf("of a long template a dry run calls %s", got)
	}
	var b strings.Builder
	p.Print(&b)
	if _, steps, _ := strings.Cut(b.String(), "\n"); steps != `  ~ AWS::SQS::Queue       OrdersQueue
  + AWS::SQS::Queue       NewQueue
  - AWS::DynamoDB::Table  OldTable  leaves the stack, and stays in the account with what is in it
  - AWS::IAM::Role        OldRole
  note: the template has 51239 bytes, which CloudFormation compares only if they lie in a bucket, where a dry run puts nothing: this is what differs in the templates, without what is replaced by a new one
  1 to create, 1 to change, 2 to remove, 3 unchanged
` {
		t.Errorf("the plan is\n%s", b.String())
	}
	application := strings.Replace(s.template, "!GetAtt ConfirmRole.Arn", "ConfirmRole.Arn", 1)
	if application == s.template {
		t.Fatalf("the template has no !GetAtt:\n%s", s.template)
	}
	s.template = application
	if p := plan(&s, long(shop, most+1), deploy.Options{DryRun: true}); p.Count(deploy.Change) != 2 {
		t.Errorf("a text is taken for a function: %v", p.Steps)
	}
}

// Without credentials, or with a secret in them, one line says so without it.
func TestCredentials(t *testing.T) {
	credentials(t, "http://127.0.0.1:1")
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	_, err := application(shop, "one").Plan(t.Context(), deploy.Options{})
	if err == nil || !strings.HasPrefix(err.Error(), "there are no credentials, or they have expired;") {
		t.Errorf("the error is %v", err)
	}
	credentials(t, "http://127.0.0.1:1")
	app := application(shop, "one")
	app.Region = ""
	if _, err := app.Plan(t.Context(), deploy.Options{}); err == nil || err.Error() != "there is no region; set targets.aws.region, or AWS_REGION in the environment" {
		t.Errorf("the error is %v", err)
	}
	var log strings.Builder
	app = application(shop, "one")
	app.Log = &log
	_, err = app.Plan(t.Context(), deploy.Options{})
	if err == nil || strings.Contains(err.Error()+log.String(), "not-to-be-shown") || !strings.Contains(log.String(), "STS GetCallerIdentity: ") {
		t.Errorf("the error is %v, and the log %s", err, log.String())
	}
}
