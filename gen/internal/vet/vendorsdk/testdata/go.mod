module example.com/shop

go 1.26

require (
	cloud.google.com/go v0.0.0
	example.com/cloud v0.0.0
	github.com/aws/aws-sdk-go-v2 v0.0.0
)

replace (
	cloud.google.com/go => ./sdk/gcp
	example.com/cloud => ./cloud
	github.com/aws/aws-sdk-go-v2 => ./sdk/aws
)
