// Package api calls AWS services, with net/http and the
// official signer: the services' full clients would add 3 MB to a function.
package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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

// maxResponse is the number of bytes above which a response is refused. An item
// of DynamoDB has 400 KB, of which JSON may make several times as many.
const maxResponse = 8 << 20

// Call posts the body, signed with the function's credentials, and returns the
// status and the body of the response. An error means that there is none.
func (s Service) Call(ctx context.Context, body []byte, headers ...string) (status int, response []byte, err error) {
	region, err := Region()
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, err)
	}
	endpoint := s.url(region)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, bytes.NewReader(body))
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, sinks.Failed(endpoint, err))
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if id := traceID(ctx); id != "" {
		r.Header.Set("X-Amzn-Trace-Id", id)
	}
	sum := sha256.Sum256(body)
	credentials, err := Credentials(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, err)
	}
	if err := signer().SignHTTP(ctx, credentials, r, hex.EncodeToString(sum[:]), s.Name, region, time.Now()); err != nil {
		return 0, nil, fmt.Errorf("call %s: sign: %w", s.Name, sinks.Failed(endpoint, err))
	}
	resp, err := sinks.Client().Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: %w", s.Name, sinks.Failed(endpoint, err))
	}
	defer resp.Body.Close()
	response, err = io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	if err != nil {
		return 0, nil, fmt.Errorf("call %s: read response: %w", s.Name, sinks.Failed(endpoint, err))
	}
	if len(response) > maxResponse {
		return 0, nil, fmt.Errorf("call %s: the response has more than %d bytes", s.Name, maxResponse)
	}
	return resp.StatusCode, response, nil
}

// Region is the function's.
func Region() (string, error) {
	region := cmp.Or(os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"))
	if region == "" {
		return "", errors.New("AWS_REGION is not set")
	}
	return region, nil
}

// Credentials are the function's, which Lambda has in the environment for as long as
// the process lives; it is an [aws.CredentialsProviderFunc].
//
// https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
func Credentials(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID: os.Getenv("AWS_ACCESS_KEY_ID"), SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"), SessionToken: os.Getenv("AWS_SESSION_TOKEN"),
	}, nil
}

// Endpoint is the URL that AWS's own environment variables put in the service's
// place, or "".
//
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
func (s Service) Endpoint() string {
	return cmp.Or(os.Getenv("AWS_ENDPOINT_URL_"+s.Variable), os.Getenv("AWS_ENDPOINT_URL"))
}

// url is that of the service.
func (s Service) url(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return strings.TrimSuffix(cmp.Or(s.Endpoint(), "https://"+s.Name+"."+region+"."+domain), "/") + "/"
}

// traceID is the invocation's X-Ray header, in whose part Lineage Lambda counts how
// often an event has come back to a function; it stops a loop that way. The
// SDKs pass it on in this way too; signatures leave it out.
//
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
func traceID(ctx context.Context) string {
	if os.Getenv("AWS_LAMBDA_FUNCTION_NAME") == "" {
		return ""
	}
	id, _ := ctx.Value("x-amzn-trace-id").(string) // of aws-lambda-go
	id = cmp.Or(id, os.Getenv("_X_AMZN_TRACE_ID"))
	var out strings.Builder
	for _, c := range []byte(id) {
		if c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte(`-=;:+&[]{}"',`, c) >= 0 {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "%%%02X", c)
		}
	}
	return out.String()
}
