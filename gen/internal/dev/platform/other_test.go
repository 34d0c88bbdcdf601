//go:build !linux

package platform_test

import (
	"encoding/base64"
	"testing"
)

func base64Of(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func stopped(*testing.T, *running) {}

func childrenOf(*testing.T, int) []int { return nil }

func alive(int) bool { return false }
