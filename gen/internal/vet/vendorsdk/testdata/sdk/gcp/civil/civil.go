// Package civil stands for types alone.
package civil
