// Package acceptance holds the tests that build applications with the command
// fngen, start the artifacts, and drive them over each platform's protocol.
package acceptance
