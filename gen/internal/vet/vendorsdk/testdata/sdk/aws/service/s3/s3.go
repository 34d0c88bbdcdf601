// Package s3 stands for an SDK's.
package s3
