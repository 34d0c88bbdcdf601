package gen_test

import (
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/testkit"
)

// written returns all that each target makes of the application, in which nothing
// is refused: entrypoints, what deploys them, and what starts the actions.
func written(t *testing.T, source, settings string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	testkit.Shop(t, dir, txtar.File{Name: "shop.go", Data: []byte(source)})
	app := testkit.Resolve(t, dir, model.Platform{GOOS: "linux", GOARCH: "amd64"})
	c := config.Parse([]byte(settings), testkit.TargetNames)
	out := map[string]string{}
	for _, target := range testkit.Targets(c) {
		var meant []model.Function
		for _, f := range app.Functions {
			if f = c.Operate(f, target.Name()); f.MeantFor(target.Name()) {
				meant = append(meant, f)
			}
		}
		here := app
		var diagnostics []model.Diagnostic
		here.Functions, diagnostics = model.CheckOn(target, meant)
		if diagnostics = append(diagnostics, c.Diagnostics()...); model.Failed(diagnostics) {
			t.Fatal(model.Sort(diagnostics))
		}
		files, _, err := target.Infrastructure(here)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range here.Functions {
			entrypoint, err := target.Entrypoint(f)
			if err != nil {
				t.Fatal(err)
			}
			if packager, ok := target.(model.BinaryPackager); ok {
				archives, err := packager.PackageBinary(f, []byte("binary"))
				if err != nil {
					t.Fatal(err)
				}
				entrypoint = append(entrypoint, archives[0].Files...)
			}
			for _, file := range entrypoint {
				files = append(files, model.File{Path: f.Name + "/" + file.Path, Data: file.Data})
			}
		}
		for _, file := range files {
			out[target.Name()+"/"+file.Path] = strings.Join(strings.Fields(string(file.Data)), " ")
		}
	}
	return out
}

func requireText(t *testing.T, files map[string]string, name string, has []string, hasNot ...string) {
	t.Helper()
	text, ok := files[name]
	if !ok {
		t.Fatalf("there is no %s", name)
	}
	for _, want := range has {
		if !strings.Contains(text, want) {
			t.Errorf("%s has no %s", name, want)
		}
	}
	for _, other := range hasNot {
		if strings.Contains(text, other) {
			t.Errorf("%s has %s", name, other)
		}
	}
}

const letters = `package shop

import "context"

//fn:queue orders
func Confirm(ctx context.Context, order string) error { return nil }

//fn:queue confirm-dead-letters letters
func Again(ctx context.Context, letter string) error { return nil }

//fn:topic news
//fn:deadletter failures
func Read(ctx context.Context, news string) error { return nil }

//fn:queue failures letters
//fn:deadletter none
func Failed(ctx context.Context, letter string) error { return nil }

//fn:schedule "0 4 * * *"
func Nightly(ctx context.Context, tick []byte) error { return nil }
`

// The queue of a function that handles dead letters is the one that they are
// written to and moved to, whether its name is said or the function's own, and
// not another one of that name.
func TestLettersQueue(t *testing.T) {
	t.Parallel()
	files := written(t, letters, "")

	requireText(t, files, "aws/template.yaml", []string{
		"RedrivePolicy: deadLetterTargetArn: !GetAtt OrdersQueueLetters.Arn maxReceiveCount: 5",
		"FNGEN_SINK_CONFIRM_DEAD_LETTERS: !Ref OrdersQueueLetters",
		"AgainMapping: Type: AWS::Lambda::EventSourceMapping Properties: FunctionName: !Ref AgainFunction EventSourceArn: !GetAtt OrdersQueueLetters.Arn",
		"OrdersQueueLetters: Type: AWS::SQS::Queue DeletionPolicy: Retain UpdateReplacePolicy: Retain Properties: VisibilityTimeout: 180 MessageRetentionPeriod: 1209600 SqsManagedSseEnabled: true RedrivePolicy: deadLetterTargetArn: !GetAtt ConfirmDeadLettersQueueLetters.Arn",
		"FailedMapping: Type: AWS::Lambda::EventSourceMapping Properties: FunctionName: !Ref FailedFunction EventSourceArn: !GetAtt FailuresQueue.Arn",
		"RedrivePolicy: deadLetterTargetArn: !GetAtt FailuresQueue.Arn",
		"NightlyDeadLetters: Type: AWS::SQS::Queue",
	}, "ConfirmDeadLetters:", "ConfirmDeadLettersQueue:")
	requireText(t, files, "aws/again/main.go", []string{`aws.SQS{Queue: "confirm-dead-letters", Letters: true, DeadLetter: letters}`})
	requireText(t, files, "aws/confirm/main.go", []string{`sqs.Queue{Name: "confirm-dead-letters"}`, `aws.SQS{Queue: "orders", DeadLetter: letters}`})
	requireText(t, files, "aws/failed/main.go", []string{`aws.SQS{Queue: "failures", Letters: true, NoDeadLetter: true}`})

	requireText(t, files, "gcp/main.tf", []string{
		`FNGEN_SINK_CONFIRM_DEAD_LETTERS = google_pubsub_topic.orders_dlq.id`,
		`dead_letter_topic = google_pubsub_topic.orders_dlq.id`,
		`resource "google_pubsub_subscription" "orders_dlq" { project = var.project name = "${var.name}-orders-dlq" topic = google_pubsub_topic.orders_dlq.id`,
		`resource "google_pubsub_subscription" "failures_queue" { project = var.project name = "${var.name}-failures-queue" topic = google_pubsub_topic.failures_queue.id`,
		`dead_letter_topic = google_pubsub_topic.failures_queue.id`,
		`"google_pubsub_topic" "nightly_deadletter"`,
	}, "confirm_deadletter", "confirm_dead_letters_queue")
	requireText(t, files, "gcp/again/function.go", []string{`gcp.PubSub{Queue: "confirm-dead-letters", Letters: true, DeadLetter: letters}`})

	requireText(t, files, "openwhisk/manifest.yaml", []string{
		"shop.topic.confirm-dead-letters: {}", "shop.topic.failures: {}",
		`again: trigger: "shop.topic.confirm-dead-letters" action: "again"`, `failed: trigger: "shop.topic.failures" action: "failed"`,
	}, "queue.confirm-dead-letters", "queue.failures", "nightly-dead-letters")
	requireText(t, files, "openwhisk/again/main.go", []string{`openwhisk.Trigger{Letters: "confirm-dead-letters", Retries: 2}`})
	requireText(t, files, "openwhisk/confirm/main.go", []string{`trigger.Trigger{Name: "confirm-dead-letters"}`, `DeadLetter: letters`})
	requireText(t, files, "openwhisk/confirm/exec", []string{"FNGEN_SINK_CONFIRM_DEAD_LETTERS='shop.topic.confirm-dead-letters'"})
	requireText(t, files, "openwhisk/nightly/main.go", nil, "DeadLetter")
}

// The URL of a sink is a member of a secret with a path where the platform has them.
func TestSecretAddress(t *testing.T) {
	t.Parallel()
	const source = "package shop\n\nimport \"context\"\n\n//fn:topic news\n//fn:sink http:crm\n//fn:targets aws\nfunc Print(ctx context.Context, news string) error { return nil }\n"
	for secret, want := range map[string]string{
		"prod/crm#url": "{{resolve:secretsmanager:prod/crm:SecretString:url}}", "prod/crm": "{{resolve:secretsmanager:prod/crm}}", "crm": "{{resolve:secretsmanager:crm}}",
	} {
		files := written(t, source, `resources: {crm: {aws: {url: "secret:`+secret+`"}}}`)
		requireText(t, files, "aws/template.yaml", []string{`FNGEN_SINK_CRM: "` + want + `"`})
	}
}

// A target that the function which handles dead letters is not meant for has
// them as without it.
func TestLettersElsewhere(t *testing.T) {
	t.Parallel()
	files := written(t, strings.Replace(letters, "letters\nfunc Again", "letters\n//fn:targets aws\nfunc Again", 1), "")
	requireText(t, files, "aws/template.yaml", nil, "ConfirmDeadLetters:")
	requireText(t, files, "gcp/main.tf", []string{`"google_pubsub_topic" "orders_dlq"`}, "confirm_dead_letters_queue")
	requireText(t, files, "openwhisk/manifest.yaml", nil, "confirm-dead-letters")
	requireText(t, files, "openwhisk/confirm/main.go", nil, "DeadLetter")
}
