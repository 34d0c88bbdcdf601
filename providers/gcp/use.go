package gcp

import "github.com/fngen/fngen/internal/uses"

// Use returns what a parameter of a setup stands for, from the environment,
// FNGEN_USE_USERS of users for instance: the physical name of a bucket or
// collection, or a secret's value.
func Use(param string) (string, error) { return uses.Name(param) }
