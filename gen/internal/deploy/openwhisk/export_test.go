package openwhisk

import "time"

// Hurried is the application whose requests wait less.
func (a Application) Hurried(wait, patience time.Duration) Application {
	a.wait, a.patience = wait, patience
	return a
}
