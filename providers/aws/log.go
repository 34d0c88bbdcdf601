package aws

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/fngen/fngen/internal/logging"
)

// Logger returns a logger whose lines Lambda's JSON log format filters by level
// and shows by request: timestamp, level, message, requestId, and with a
// handler's context the function and its event. Emitted mains begin with
//
//	slog.SetDefault(aws.Logger())
//
// It writes to standard error. The level is LOG_LEVEL, or that of the function's
// own log settings, AWS_LAMBDA_LOG_LEVEL, or INFO.
//
// https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html
func Logger() *slog.Logger { return logger(os.Stderr) }

func logger(w io.Writer) *slog.Logger {
	format := logging.Format{Time: "timestamp", Level: "level", Message: "message", Complete: nameRequest}
	return logging.New(w, format, os.Getenv("AWS_LAMBDA_FUNCTION_NAME"), "LOG_LEVEL", "AWS_LAMBDA_LOG_LEVEL")
}

func nameRequest(ctx context.Context, r *slog.Record, _ logging.Event) {
	if lc, ok := lambdacontext.FromContext(ctx); ok {
		r.AddAttrs(slog.String("requestId", lc.AwsRequestID))
	}
}
