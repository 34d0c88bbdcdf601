// Package aws deploys to AWS: archives to a bucket, and a stack of CloudFormation.
package aws

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cf "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"github.com/fngen/fngen/gen/internal/deploy"
	"github.com/fngen/fngen/gen/internal/model"
)

// An Application is what is deployed, and where.
type Application struct {
	Stack     string
	Region    string // "" for that of the environment
	Bucket    string // for the archives; "" for one that fngen makes
	Template  []byte
	Functions map[string]string                    // that take requests: the logical id of the output with the address, and the function
	Archive   func(archive string) ([]byte, error) // by its name beside the template
	Log       io.Writer                            // gets a line for each request; nil for none
	Every     time.Duration                        // that CloudFormation is asked how far it is
	Waiting   func(why string)                     // is told why a plan has to wait

	// LogGroup returns the logical id of the function's log group, or of the function
	// and the name of a group that exists already.
	LogGroup func(model.Function) (id, existing string)
	Physical func(id string) string // what has that logical id without a stack; nil for what the stack says
}

// A session is the application with the clients of the services.
type session struct {
	Application
	account, region, partition string
	stacks                     *cloudformation.Client
	objects                    *s3.Client
	logs                       *cloudwatchlogs.Client
}

func (a Application) connect(ctx context.Context) (*session, error) {
	options := []func(*config.LoadOptions) error{config.WithAppID("fngen")}
	if a.Region != "" {
		options = append(options, config.WithRegion(a.Region))
	}
	if a.Log != nil {
		options = append(options, config.WithAPIOptions([]func(*middleware.Stack) error{logging(a.Log)}))
	}
	c, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, plain(err)
	}
	if c.Region == "" {
		return nil, errors.New("there is no region; set targets.aws.region, or AWS_REGION in the environment")
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil && ctx.Err() == nil {
		return nil, errors.New("there are no credentials, or they have expired; aws sts get-caller-identity shows whether the environment has any")
	}
	caller, err := sts.NewFromConfig(c).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("credentials: %w", plain(err))
	}
	s := &session{Application: a, account: aws.ToString(caller.Account), region: c.Region, partition: "aws"}
	if parts := strings.Split(aws.ToString(caller.Arn), ":"); len(parts) > 1 {
		s.partition = parts[1]
	}
	s.stacks = cloudformation.NewFromConfig(c)
	s.objects = s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil })
	s.logs = cloudwatchlogs.NewFromConfig(c)
	return s, nil
}

// place says where the stack is.
func (s *session) place() string {
	return fmt.Sprintf("stack %s in %s of account %s", s.Stack, s.region, s.account)
}

// plain is the error as the service says it: its code and its words, without what
// the SDK puts around them.
func plain(err error) error {
	var api smithy.APIError
	if errors.As(err, &api) {
		text := strings.Join(strings.Fields(api.ErrorMessage()), " ")
		if text == "" {
			return errors.New(api.ErrorCode())
		}
		return fmt.Errorf("%s: %s", api.ErrorCode(), text)
	}
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		return operation.Err
	}
	return err
}

func isCode(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// logging writes a line for each attempt of a call, without what it holds.
func logging(w io.Writer) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("fngen", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			end := "ok"
			if err != nil {
				end = plain(err).Error()
			}
			fmt.Fprintf(w, "%s %s: %s\n", awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), end)
			return out, metadata, err
		}), middleware.Before)
	}
}

// key is the object's of what has the digest.
func key(data []byte, ext string) string {
	sum := sha256.Sum256(data)
	return "fngen/" + hex.EncodeToString(sum[:]) + ext
}

// bucket is where the archives lie. The name of the one that fngen makes is the
// account's, so that all of its applications share it.
func (s *session) bucket() string {
	if s.Bucket != "" {
		return s.Bucket
	}
	return fmt.Sprintf("fngen-%s-%s", s.account, s.region)
}

// A packaged is a template whose archives have a place in the bucket.
type packaged struct {
	text     []byte
	archives map[string][]byte // by key
	*template
}

func (s *session) packaged() (*packaged, error) {
	t, err := parse(s.Template)
	if err != nil {
		return nil, err
	}
	p := &packaged{template: t, archives: map[string][]byte{}}
	p.text, err = t.put(s.bucket(), func(archive string) (string, error) {
		data, err := s.Archive(archive)
		if err != nil {
			return "", err
		}
		name := key(data, path.Ext(archive))
		p.archives[name] = data
		return name, nil
	})
	return p, err
}

// stack returns the stack, nil if there is none.
func (s *session) stack(ctx context.Context, name string) (*cf.Stack, error) {
	out, err := s.stacks.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if isCode(err, "ValidationError") && strings.Contains(err.Error(), "does not exist") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stack %s: %w", s.Stack, plain(err))
	}
	if len(out.Stacks) == 0 || out.Stacks[0].StackStatus == cf.StackStatusDeleteComplete {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

func (s *session) result(ctx context.Context) (deploy.Result, error) {
	r := deploy.Result{Addresses: []deploy.Address{}}
	now, err := s.stack(ctx, s.Stack)
	if err != nil || now == nil {
		return r, err
	}
	for _, o := range now.Outputs {
		if function, ok := s.Functions[aws.ToString(o.OutputKey)]; ok {
			r.Addresses = append(r.Addresses, deploy.Address{Function: function, URL: aws.ToString(o.OutputValue)})
		}
	}
	return r, nil
}
