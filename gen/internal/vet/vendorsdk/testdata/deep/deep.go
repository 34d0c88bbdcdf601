package deep // want package:`links cloud.google.com/go/storage, github.com/aws/aws-sdk-go-v2/service/s3, github.com/aws/aws-sdk-go-v2/service/sqs`

import (
	_ "cloud.google.com/go/storage"
	_ "github.com/aws/aws-sdk-go-v2/service/s3"
	_ "github.com/aws/aws-sdk-go-v2/service/sqs"
)
