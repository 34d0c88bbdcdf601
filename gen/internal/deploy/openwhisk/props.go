package openwhisk

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Access is where the platform is and who asks.
type Access struct {
	Host      string // with the scheme, without a path
	Key       string // uuid:key
	Namespace string // "_" for that of the key
	File      string // that says so
}

// ReadAccess reads the file of the platform's own command line: that of
// WSK_CONFIG_FILE, or .wskprops in the home folder. A value is all that follows the
// first =, since keys may hold others.
func ReadAccess(env func(string) string, home string) (Access, error) {
	name := env("WSK_CONFIG_FILE")
	if name == "" {
		name = filepath.Join(home, ".wskprops")
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Access{}, fmt.Errorf("%s is not there; write APIHOST= and AUTH= into it as wsk property set does, or name another file in WSK_CONFIG_FILE", name)
	}
	if err != nil {
		return Access{}, err
	}
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(data)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if key, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	a := Access{Key: values["AUTH"], Namespace: values["NAMESPACE"], File: name}
	if a.Namespace == "" {
		a.Namespace = "_"
	}
	if id, secret, ok := strings.Cut(a.Key, ":"); !ok || id == "" || secret == "" {
		return a, fmt.Errorf("%s has no AUTH=UUID:KEY; wsk property set --auth writes it", name)
	}
	if a.Host, err = host(values["APIHOST"]); err != nil {
		return a, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

// host is the address of the platform, by https unless the text says otherwise.
func host(text string) (string, error) {
	if text == "" {
		return "", errors.New("there is no APIHOST=; wsk property set --apihost writes it")
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return "", errors.New("APIHOST is no host, with https:// before it or without")
	}
	return u.Scheme + "://" + u.Host, nil
}
