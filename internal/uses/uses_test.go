package uses

import "testing"

// The variable is a contract with the infrastructure, and an empty one is an error
// that names it.
func TestName(t *testing.T) {
	t.Setenv("FNGEN_USE_USERS", "acme-users")
	t.Setenv("FNGEN_USE_STRIPEKEY_2", "")
	if name, err := Name("users"); name != "acme-users" || err != nil {
		t.Errorf("%q, %v", name, err)
	}
	if name, err := Name("stripeKey_2"); name != "" || err == nil || err.Error() != "FNGEN_USE_STRIPEKEY_2 is not set; it holds what the parameter stripeKey_2 of the setup stands for" {
		t.Errorf("%q, %v", name, err)
	}
}
