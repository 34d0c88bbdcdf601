package secretsmanager

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/fngen/fngen/internal/testkit/moto"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

func environment(t testing.TB, endpoint string) {
	for name, value := range map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRET", "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint,
		"FNGEN_USE_KEY": "stripe/api",
	} {
		t.Setenv(name, value)
	}
}

// One call reads the secret, and what passes is waited for. What is said of a
// failure holds nothing of the value.
func TestValue(t *testing.T) {
	for name, test := range map[string]struct {
		answers     []string // a status and a body
		value, want string
		calls       int
	}{
		"text":      {[]string{`200 {"ARN":"a","SecretString":"s3cret\u00e9"}`}, "s3creté", "", 1},
		"throttled": {[]string{`400 {"__type":"ThrottlingException"}`, `500 {"__type":"InternalServiceError"}`, `503 `, `200 {"SecretString":"s3cret"}`}, "s3cret", "", 4},
		"denied":    {[]string{`400 {"__type":"AccessDeniedException","Message":"no"}`}, "", "read the secret of FNGEN_USE_KEY: secretsmanager: AccessDeniedException: no", 1},
		"bytes":     {[]string{`200 {"SecretBinary":"czNjcmV0"}`}, "", "the secret holds no text", 1},
		"empty":     {[]string{`200 {"SecretString":""}`}, "", "the secret holds no text", 1},
		"damaged":   {[]string{`200 {"SecretString":"s3cret`}, "", "the response is no JSON of a secret", 1},
	} {
		calls := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if got := r.Header.Get("X-Amz-Target") + " " + string(body); got != `secretsmanager.GetSecretValue {"SecretId":"stripe/api"}` {
				t.Errorf("%s: call %s", name, got)
			}
			var status int
			answer := test.answers[min(calls, len(test.answers)-1)]
			calls++
			_, _ = fmt.Sscan(answer, &status)
			w.WriteHeader(status)
			fmt.Fprint(w, answer[4:])
		}))
		environment(t, server.URL)
		value, err := Value("key")
		server.Close()
		if value != test.value || calls != test.calls || (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "s3cret")) {
			t.Errorf("%s: %q, %v after %d calls", name, value, err, calls)
		}
	}
	t.Setenv("FNGEN_USE_KEY", "")
	if _, err := Value("key"); err == nil || !strings.Contains(err.Error(), "FNGEN_USE_KEY is not set") {
		t.Error(err)
	}
}

// A rotated secret reaches the next process.
func TestMoto(t *testing.T) {
	environment(t, moto.Start(t))
	call := func(operation, body string) {
		t.Helper()
		status, response, err := (api.Service{Name: "secretsmanager", Variable: "SECRETS_MANAGER"}).Call(t.Context(), []byte(body), "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "secretsmanager."+operation)
		if err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s %v", operation, status, response, err)
		}
	}
	if _, err := Value("key"); err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("a secret that is not there: %v", err)
	}
	call("CreateSecret", `{"Name":"stripe/api","SecretString":"first","ClientRequestToken":"00000000000000000000000000000001"}`)
	if value, err := Value("key"); value != "first" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	call("PutSecretValue", `{"SecretId":"stripe/api","SecretString":"second","ClientRequestToken":"00000000000000000000000000000002"}`)
	if value, err := Value("key"); value != "second" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
}

// FuzzDecode: a value is text, and an error quotes nothing.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"SecretString":"s"}`, `{"SecretString":""}`, `{"SecretString":1}`, `{}`, `null`, `{"SecretBinary":"AA=="}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		if value, err := decode(response); (err == nil) != (value != "") || err != nil && len(err.Error()) > 80 {
			t.Errorf("%q, %v", value, err)
		}
	})
}
