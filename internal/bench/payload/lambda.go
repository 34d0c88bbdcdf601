// Package payload makes what the platforms send in the measurements.
package payload

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Order is the data of the events, and the body of the messages.
const Order = `{"id":"17","total":4200,"lines":[{"article":"apple","count":3},{"article":"pear","count":1}],"customer":{"name":"Ada","city":"London"}}`

// SQS returns the sample that aws-lambda-go ships with n messages, whose
// bodies are orders.
func SQS(n int) ([]byte, error) {
	data, err := shipped("sqs-event.json")
	if err != nil {
		return nil, err
	}
	var e struct{ Records []map[string]any }
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, err
	}
	first := e.Records[0]
	e.Records = nil
	for i := range n {
		r := map[string]any{}
		for k, v := range first {
			r[k] = v
		}
		r["messageId"], r["body"] = fmt.Sprintf("059f36b4-87a3-44ab-83d2-66197537%04d", i), Order
		delete(r, "messageAttributes")
		r["messageAttributes"] = map[string]any{}
		e.Records = append(e.Records, r)
	}
	return json.Marshal(e)
}

// S3 returns the sample that aws-lambda-go ships, of one object.
func S3() ([]byte, error) { return shipped("s3-event.json") }

// shipped returns a payload that aws-lambda-go ships.
func shipped(name string) ([]byte, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/aws/aws-lambda-go").Output()
	if err != nil {
		return nil, fmt.Errorf("find aws-lambda-go: %w", err)
	}
	return os.ReadFile(filepath.Join(strings.TrimSpace(string(out)), "events", "testdata", name))
}
