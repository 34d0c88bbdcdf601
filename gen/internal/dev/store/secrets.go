package store

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
)

// secretsManager serves GetSecretValue of the secrets that the function uses.
//
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (v *View) secretsManager(w http.ResponseWriter, r *http.Request) {
	answer, err := v.secretValue(w, r)
	if err != nil {
		failAWS(w, err, "", awsRefusals)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_, _ = w.Write(answer) // the caller may be gone
}

func (v *View) secretValue(w http.ResponseWriter, r *http.Request) (json.RawMessage, error) {
	if target := r.Header.Get("X-Amz-Target"); target != "secretsmanager.GetSecretValue" {
		return nil, v.unknown("Secrets Manager", strings.TrimPrefix(target, "secretsmanager."))
	}
	body, err := readJSON(w, r)
	if err != nil {
		return nil, err
	}
	var request struct {
		ID string `json:"SecretId"`
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, because(errBad, "%v", err)
	}
	for _, u := range v.function.Uses {
		if u.Kind != model.UseSecret || u.Name != request.ID {
			continue
		}
		value, ok := v.secrets[u.Param]
		if !ok {
			return nil, because(errNotFound, "Secrets Manager can't find the specified secret.")
		}
		return native.JSON("ARN", "arn:aws:secretsmanager:us-east-1:000000000000:secret:"+u.Name+"-local0", "Name", u.Name,
			"SecretString", value, "VersionId", native.UUID(0, "secret", u.Name), "VersionStages", []string{"AWSCURRENT"}), nil
	}
	return nil, v.may(model.UseSecret, request.ID, "", false)
}
