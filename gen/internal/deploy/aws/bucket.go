package aws

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// An archive is kept for a year after it was last deployed: a stack that goes back
// needs those of before.
const (
	keepDays = 365
	renew    = keepDays / 2 * 24 * time.Hour
)

// upload puts what is not there yet into the bucket, which is made if it is fngen's
// own.
func (s *session) upload(ctx context.Context, objects map[string][]byte, tell func(string)) error {
	bucket := s.bucket()
	// A bucket of the name that somebody else has made before would get the code.
	_, err := s.objects.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket, ExpectedBucketOwner: &s.account})
	switch {
	case isCode(err, "NotFound", "NoSuchBucket") && s.Bucket == "":
		if err := s.makeBucket(ctx, bucket); err != nil {
			return err
		}
		tell("created bucket " + bucket)
	case isCode(err, "NotFound", "NoSuchBucket"):
		return fmt.Errorf("bucket %s, which targets.aws.artifacts names, is not there", bucket)
	case isCode(err, "Forbidden", "AccessDenied"):
		return fmt.Errorf("bucket %s is not the account's, or its objects are not for whoever deploys; name another in targets.aws.artifacts", bucket)
	case err != nil:
		return fmt.Errorf("bucket %s: %w", bucket, plain(err))
	case s.Bucket == "": // made by a run that may have been broken off
		_, err := s.objects.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: &bucket, ExpectedBucketOwner: &s.account})
		if isCode(err, "NoSuchLifecycleConfiguration") {
			if err := s.setBucket(ctx, bucket); err != nil {
				return err
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(objects)) {
		there, err := s.objects.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &bucket, Key: &name, ExpectedBucketOwner: &s.account})
		if err == nil && (there.LastModified == nil || time.Since(*there.LastModified) < renew) {
			continue
		}
		if err != nil && !isCode(err, "NotFound", "NoSuchKey") {
			return fmt.Errorf("object %s of %s: %w", name, bucket, plain(err))
		}
		if _, err := s.objects.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &name, ExpectedBucketOwner: &s.account, Body: bytes.NewReader(objects[name])}); err != nil {
			return fmt.Errorf("upload %s to %s: %w", name, bucket, plain(err))
		}
		tell(fmt.Sprintf("uploaded %s, %d bytes", name, len(objects[name])))
	}
	return nil
}

// makeBucket makes a private bucket.
func (s *session) makeBucket(ctx context.Context, bucket string) error {
	in := &s3.CreateBucketInput{Bucket: &bucket}
	if s.region != "us-east-1" {
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(s.region)}
	}
	if _, err := s.objects.CreateBucket(ctx, in); err != nil {
		return fmt.Errorf("create bucket %s: %w", bucket, plain(err))
	}
	return s.setBucket(ctx, bucket)
}

// setBucket has the bucket be private, and forget what is old: that last, since a
// bucket which does is taken for one that was set.
func (s *session) setBucket(ctx context.Context, bucket string) error {
	_, err := s.objects.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: &bucket, ExpectedBucketOwner: &s.account, PublicAccessBlockConfiguration: &s3types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true), IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
	}})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, plain(err))
	}
	_, err = s.objects.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: &bucket, ExpectedBucketOwner: &s.account, LifecycleConfiguration: &s3types.BucketLifecycleConfiguration{
		Rules: []s3types.LifecycleRule{{ID: aws.String("fngen"), Status: s3types.ExpirationStatusEnabled, Filter: &s3types.LifecycleRuleFilter{Prefix: aws.String("fngen/")},
			Expiration: &s3types.LifecycleExpiration{Days: aws.Int32(keepDays)}}},
	}})
	if err != nil {
		return fmt.Errorf("bucket %s: %w", bucket, plain(err))
	}
	return nil
}
