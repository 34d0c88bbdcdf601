// Package storage stands for an SDK's.
package storage
