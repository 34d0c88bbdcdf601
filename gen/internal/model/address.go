package model

import (
	"net/url"
	"strings"
)

// Hide returns the text, of whose URLs with a user or a password scheme and host
// are left, as https://…@host.
func Hide(text string) string {
	var out strings.Builder
	for {
		before, address, after := cutAddress(text)
		out.WriteString(before)
		if address == "" {
			return out.String()
		}
		scheme, rest, _ := strings.Cut(address, "://")
		user := rest[:max(0, strings.LastIndexByte(rest, '@'))]
		switch u, err := url.Parse(address); {
		case err == nil && u.User != nil:
			out.WriteString(scheme + "://…@" + u.Host)
		case user != "" && (err != nil || strings.Contains(strings.TrimPrefix(user, u.Host), ":")): // a slash in the user or the password
			out.WriteString(scheme + "://…")
		default:
			out.WriteString(address)
		}
		text = after
	}
}

// HasPassword reports whether the text holds a URL with a password.
func HasPassword(text string) bool {
	for {
		_, address, after := cutAddress(text)
		if address == "" {
			return false
		}
		_, rest, _ := strings.Cut(address, "://")
		user, _, found := strings.Cut(rest, "@")
		if u, err := url.Parse(address); err == nil {
			if password, _ := u.User.Password(); password != "" {
				return true
			}
		} else if _, password, _ := strings.Cut(user, ":"); found && password != "" {
			return true
		}
		text = after
	}
}

// cutAddress cuts the text around its first URL; "" for none.
func cutAddress(text string) (before, address, after string) {
	at := strings.Index(text, "://")
	if at < 0 {
		return text, "", ""
	}
	begin, end := at, len(text)
	for begin > 0 && strings.IndexByte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.", text[begin-1]) >= 0 {
		begin--
	}
	if n := strings.IndexFunc(text[at:], func(r rune) bool { return r <= ' ' || strings.ContainsRune("\"'`<>\\", r) }); n >= 0 {
		end = at + n
	}
	return text[:begin], text[begin:end], text[end:]
}
