package sqs

import (
	"strings"
	"testing"
)

// Whatever the service answers, each entry has its own result, and nothing that
// it does not name counts as taken.
func FuzzResults(f *testing.F) {
	for _, seed := range seeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, response []byte) {
		errs := results(response, 2)
		if len(errs) != 2 {
			t.Fatalf("%d results", len(errs))
		}
		named := strings.Contains(strings.ToLower(string(response)), "successful") || strings.Contains(string(response), "\\u")
		if !named && (errs[0] == nil || errs[1] == nil) {
			t.Errorf("%s counts as taken", response)
		}
	})
}

var seeds = []string{
	`{"Successful":[{"Id":"0"},{"Id":"1"}]}`, `{"Successful":[{"Id":"1"}],"Failed":[{"Id":"0","Code":"c","Message":"m","SenderFault":true}]}`,
	`{"Successful":[{"Id":"-1"},{"Id":"2"},{"Id":"x"}]}`, `{`, `null`, `[]`,
}
