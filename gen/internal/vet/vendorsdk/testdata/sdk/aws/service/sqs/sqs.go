// Package sqs stands for an SDK's.
package sqs
