// Package secretsmanager reads the secrets of AWS Secrets Manager that a setup
// asks for.
package secretsmanager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fngen/fngen/internal/uses"
	"github.com/fngen/fngen/internal/wait"
	"github.com/fngen/fngen/providers/aws/internal/api"
)

// timeout bounds the reading of a secret, which is part of the ten seconds of an
// initialisation.
const timeout = 5 * time.Second

// Value returns the secret that a parameter of a setup stands for: its current
// value, which a process reads once, so that a new one has what was rotated. Its
// ARN or name is in the environment, as FNGEN_USE_KEY of the parameter key. A
// secret of bytes is no text, and an error.
func Value(param string) (string, error) {
	name, err := uses.Name(param)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	value, err := read(ctx, name)
	if err != nil {
		return "", fmt.Errorf("read the secret of %s: %w", uses.Variable(param), err)
	}
	return value, nil
}

var service = api.Service{Name: "secretsmanager", Variable: "SECRETS_MANAGER"}

// read makes calls of GetSecretValue until one is answered for good.
//
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func read(ctx context.Context, name string) (value string, err error) {
	body, err := json.Marshal(map[string]string{"SecretId": name})
	if err != nil {
		return "", err
	}
	err = wait.Repeat(ctx, func(ctx context.Context) (bool, error) {
		status, response, err := service.Call(ctx, body, "Content-Type", "application/x-amz-json-1.1", "X-Amz-Target", "secretsmanager.GetSecretValue")
		if err != nil {
			return true, err
		}
		if status != http.StatusOK {
			code, _ := api.JSONCode(response)
			return api.Passing(status, code) || code == "InternalServiceError", api.JSONFailure("secretsmanager", status, response)
		}
		value, err = decode(response)
		return false, err
	})
	return value, err
}

// decode returns the value of a response. No error quotes it.
func decode(response []byte) (string, error) {
	var answer struct{ SecretString *string }
	if err := json.Unmarshal(response, &answer); err != nil {
		return "", errors.New("secretsmanager: the response is no JSON of a secret")
	}
	if answer.SecretString == nil || *answer.SecretString == "" {
		return "", errors.New("secretsmanager: the secret holds no text")
	}
	return *answer.SecretString, nil
}
