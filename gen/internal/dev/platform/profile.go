package platform

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// A Profile is one of the user's AWS profiles, whose credentials functions run
// with. The AWS CLI resolves it, as it does all kinds of profiles: single sign-on,
// a role, a process.
type Profile struct {
	Name string

	mu      sync.Mutex
	env     []string
	expires time.Time // zero for never
}

// renewal is how long before their end credentials are resolved anew.
const renewal = 5 * time.Minute

// Environment returns the variables of the credentials, and of the profile's region
// if it has one. They may end while a process has them.
//
// https://docs.aws.amazon.com/cli/latest/reference/configure/export-credentials.html
func (p *Profile) Environment(ctx context.Context) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.env != nil && (p.expires.IsZero() || time.Until(p.expires) > renewal) {
		return p.env, nil
	}
	text, err := p.run(ctx, "export-credentials", "--format", "process")
	if err != nil {
		return nil, err
	}
	var keys struct {
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
	}
	if err := json.Unmarshal(text, &keys); err != nil || keys.AccessKeyID == "" || keys.SecretAccessKey == "" {
		return nil, fmt.Errorf("the profile %s: aws configure export-credentials answers with something else than keys", p.Name) // which may be secret
	}
	p.expires = keys.Expiration
	p.env = []string{"AWS_ACCESS_KEY_ID=" + keys.AccessKeyID, "AWS_SECRET_ACCESS_KEY=" + keys.SecretAccessKey, "AWS_SESSION_TOKEN=" + keys.SessionToken}
	if text, err = p.run(ctx, "get", "region"); err == nil { // else it has none
		if region := strings.TrimSpace(string(text)); region != "" {
			p.env = append(p.env, "AWS_REGION="+region, "AWS_DEFAULT_REGION="+region)
		}
	}
	return p.env, nil
}

// run runs a part of aws configure for the profile.
func (p *Profile) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "aws", append([]string{"configure", "--profile", p.Name}, args...)...)
	text, err := cmd.Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("the profile %s: the AWS CLI resolves it, and is not there; install its version 2", p.Name)
	case errors.As(err, &exit):
		said := strings.TrimSpace(string(exit.Stderr))
		if strings.Contains(said, "Invalid choice") {
			return nil, fmt.Errorf("the profile %s: the AWS CLI that is installed cannot export credentials; install its version 2", p.Name)
		}
		return nil, fmt.Errorf("the profile %s: aws configure %s: %s", p.Name, args[0], cmp.Or(said, exit.Error()))
	case err != nil:
		return nil, fmt.Errorf("the profile %s: %w", p.Name, err)
	}
	return text, nil
}
