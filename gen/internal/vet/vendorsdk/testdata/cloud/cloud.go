// Package cloud is portable: it is made of the SDKs of several vendors.
package cloud // want package:`links github.com/aws/aws-sdk-go-v2/service/s3`

import _ "github.com/aws/aws-sdk-go-v2/service/s3"
