// Package api calls the AWS services that take events, with net/http and the
// official signer: the services' full clients would add 3 MB to a function.
package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/fngen/fngen/internal/sinks"
)

// A Service is an AWS service.
type Service struct {
	Name     string // as in its endpoint and its signature, sqs for instance
	Variable string // its name in AWS_ENDPOINT_URL_…
}

var signer = sync.OnceValue(func() *v4.Signer { return v4.NewSigner() })

// maxResponse is the number of bytes that are read of a response.
const maxResponse = 1 << 20

// Call posts the body, signed with the function's credentials, and returns the
// status and the body of the response. An error means that there is none.
func (s Service) Call(ctx context.Context, body []byte, headers ...string) (status int, response []byte, err error) {
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if region == "" {
		return 0, nil, fmt.Errorf("call %s: AWS_REGION is not set", s.Name)
	}
	endpoint := s.endpoint(region)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, sinks.Failed(endpoint, err))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	sum := sha256.Sum256(body)
	credentials := aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}
	if err := signer().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), s.Name, region, time.Now()); err != nil {
		return 0, nil, fmt.Errorf("call %s: sign: %w", s.Name, sinks.Failed(endpoint, err))
	}
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, sinks.Failed(endpoint, err))
	}
	defer resp.Body.Close()
	response, err = io.ReadAll(io.LimitReader(resp.Body, maxResponse))
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: read response: %w", s.Name, sinks.Failed(endpoint, err))
	}
	return resp.StatusCode, response, nil
}

// endpoint is the URL of the service, or the one that AWS's own environment
// variables put in its place.
//
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (s Service) endpoint(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	url := cmp.Or(os.Getenv("AWS_ENDPOINT_URL_"+s.Variable), os.Getenv("AWS_ENDPOINT_URL"), "https://"+s.Name+"."+region+"."+domain)
	return strings.TrimSuffix(url, "/") + "/"
}
