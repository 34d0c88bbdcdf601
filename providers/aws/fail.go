package aws

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"time"
)

// setupFailed is the error type that a failed start has on Lambda.
const setupFailed = "Function.SetupFailed"

// failTime bounds the report of a failed start, whose ten seconds of
// initialisation may be used up already.
const failTime = 2 * time.Second

// Fail logs the error of a setup, reports it to Lambda as a failed
// initialisation, and exits with status 1. Outside of Lambda, where
// AWS_LAMBDA_RUNTIME_API is not set, it only logs and exits.
func Fail(err error) {
	fail(context.Background(), os.Getenv("AWS_LAMBDA_RUNTIME_API"), err)
	os.Exit(1)
}

// fail does what Fail does before it exits; api is a host and port, or "".
func fail(ctx context.Context, api string, cause error) {
	slog.ErrorContext(ctx, "setup failed", "error", fmt.Sprint(cause))
	if api == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, failTime)
	defer cancel()
	if err := reportInitError(ctx, api, cause); err != nil {
		slog.ErrorContext(ctx, "setup failure not reported", "error", err.Error())
	}
}

// reportInitError posts the error to the Runtime API.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-initerror
func reportInitError(ctx context.Context, api string, cause error) error {
	body, err := json.Marshal(struct {
		Message string   `json:"errorMessage"`
		Type    string   `json:"errorType"`
		Stack   []string `json:"stackTrace"`
	}{bounded(fmt.Errorf("setup: %w", cause)).Error(), setupFailed, []string{}})
	if err != nil {
		return fmt.Errorf("encode error: %w", err)
	}
	url := "http://" + api + "/2018-06-01/runtime/init/error"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("report error: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Lambda-Runtime-Function-Error-Type", setupFailed)
	client := http.Client{Transport: &http.Transport{}} // a proxy of the environment is not for this address
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("report error: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		return fmt.Errorf("report error: the Runtime API answered %s", response.Status)
	}
	return nil
}
