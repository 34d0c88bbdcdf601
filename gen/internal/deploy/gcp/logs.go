package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/deploy/terraform"
	"github.com/fngen/fngen/gen/internal/model"
)

// late is how much later a line may come than one that was logged after it.
const late = time.Minute

// An entry is one of Cloud Logging.
type entry struct {
	InsertID    string         `json:"insertId"`
	Timestamp   time.Time      `json:"timestamp"`
	Severity    string         `json:"severity"`
	TextPayload string         `json:"textPayload"`
	JSONPayload map[string]any `json:"jsonPayload"`
	HTTPRequest map[string]any `json:"httpRequest"`
}

func (e entry) line() deploy.Line {
	text := e.TextPayload
	for _, payload := range []map[string]any{e.JSONPayload, e.HTTPRequest} {
		if text == "" && payload != nil {
			data, _ := json.Marshal(payload) // which JSON has become
			text = string(data)
		}
	}
	if e.Severity != "" && e.Severity != "DEFAULT" {
		text = e.Severity + " " + text
	}
	return deploy.Line{Time: e.Timestamp.UTC(), Text: text}
}

// Logs tells what the function has logged since the time. With Follow it goes on
// until the context ends, which is no error then.
func (a Application) Logs(ctx context.Context, f model.Function, o deploy.LogOptions, tell func(deploy.Line)) error {
	program, err := exec.LookPath("gcloud")
	if err != nil {
		return errors.New("gcloud is not on PATH, by which logs are read; install it, https://cloud.google.com/sdk/docs/install")
	}
	if a.Project == "" {
		return errors.New("there is no project; set targets.gcp.project")
	}
	r := terraform.Runner{Program: program, Log: a.Terraform.Log}
	told := map[string]bool{}
	return o.Ask(ctx, late, func(since time.Time) error {
		filter := fmt.Sprintf(`resource.type="cloud_run_revision" AND resource.labels.service_name=%q AND timestamp>=%q`, a.Service(f), since.UTC().Format(time.RFC3339Nano))
		var entries []entry
		err := r.JSON(ctx, &entries, "logging", "read", filter, "--project="+a.Project, "--order=asc", "--format=json", "--quiet")
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !told[e.InsertID] {
				told[e.InsertID] = true
				tell(e.line())
			}
		}
		return nil
	})
}
