package types // want package:`links .*s3`

import _ "github.com/aws/aws-sdk-go-v2/service/s3"
