package aws

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/fngen/fngen/fn"
	"github.com/fngen/fngen/internal/portable"
)

// Delivery implements run.Delivered: the attributes are the plain members of
// the request context.
func (x *exchange) Delivery() (fn.Delivery, func() []byte) {
	context := object(object([]byte(x.request.text))["requestContext"])
	attributes := map[string]string{}
	for name, value := range context {
		var s string
		if json.Unmarshal(value, &s) == nil {
			setAll(attributes, name, s)
		}
	}
	return fn.Delivery{
		Provider:   provider,
		Trigger:    portable.HTTP,
		NativeID:   x.id,
		Attributes: attributes,
		Deadline:   x.deadline,
	}, x.raw
}

// raw returns the payload without what authenticates the caller. What is said
// about the caller, by an authorizer for instance, stays.
func (x *exchange) raw() []byte {
	members := object([]byte(x.request.text))
	context := object(members["requestContext"])
	delete(members, "cookies")
	for _, name := range []string{"headers", "multiValueHeaders"} {
		headers := object(members[name])
		maps.DeleteFunc(headers, func(header string, _ json.RawMessage) bool {
			return isSecretHeader(header)
		})
		replace(members, name, headers)
	}
	identity := object(context["identity"])
	delete(identity, "apiKey")
	replace(context, "identity", identity)
	replace(members, "requestContext", context)
	raw, _ := json.Marshal(members) // decoded JSON always encodes
	return raw
}

func isSecretHeader(name string) bool {
	switch strings.ToLower(name) {
	case "authorization", "proxy-authorization", "cookie", "x-api-key", "x-amz-security-token":
		return true
	}
	return false
}

// object returns the members of a JSON object; nil if it is none.
func object(b []byte) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(b, &members) != nil {
		return nil
	}
	return members
}

// replace sets the member name, unless value is nil.
func replace(members map[string]json.RawMessage, name string, value map[string]json.RawMessage) {
	if value == nil {
		return
	}
	members[name], _ = json.Marshal(value) // decoded JSON always encodes
}

// withoutQualifier returns a function's ARN without its version or alias.
func withoutQualifier(arn string) string {
	end := -1
	for range 7 { // arn:aws:lambda:REGION:ACCOUNT:function:NAME:QUALIFIER
		next := strings.IndexByte(arn[end+1:], ':')
		if next < 0 {
			return arn
		}
		end += next + 1
	}
	return arn[:end]
}
