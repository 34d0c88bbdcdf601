// Package architecture holds the test of who may import whom.
package architecture
