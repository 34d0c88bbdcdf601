// Package docs holds the test that the documentation tells the truth.
package docs
