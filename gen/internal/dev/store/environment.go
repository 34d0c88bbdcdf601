package store

import (
	"net/url"

	"github.com/fngen/fngen/gen/internal/model"
)

// couchUser and couchPassword are the credentials of CouchDB, which are no secret
// on this machine.
const (
	couchUser     = "local"
	couchPassword = "local"
)

// project is Google's on this machine, as package platform has it.
const project = "local"

// Environment returns the variables that lead the function to the store, which
// is served at the address, host and port; and on Google the values of its
// secrets.
func (v *View) Environment(address string) []string {
	if len(v.function.Uses) == 0 {
		return nil
	}
	var env []string
	at := "http://" + address
	switch v.store.o.Target {
	case "aws":
		env = append(env, "AWS_ENDPOINT_URL_DYNAMODB="+at+"/dynamodb", "AWS_ENDPOINT_URL_S3="+at+"/s3", "AWS_ENDPOINT_URL_SECRETS_MANAGER="+at+"/secretsmanager")
	case "gcp":
		env = append(env, "FIRESTORE_EMULATOR_HOST="+address, "STORAGE_EMULATOR_HOST="+address)
	}
	for _, u := range v.function.Uses {
		env = append(env, u.Variable()+"="+v.nameOf(u, at))
	}
	return env
}

// nameOf is what the infrastructure would put into the use's variable.
func (v *View) nameOf(u model.Use, at string) string {
	switch {
	case u.Kind == model.UseSecret && v.store.o.Target == "gcp":
		return v.secrets[u.Param]
	case u.Kind != model.UseDocument:
		return u.Name
	case v.store.o.Target == "openwhisk":
		return at + "/couchdb/" + url.PathEscape(u.Name)
	case u.AsName:
		return u.Name
	case v.store.o.Target == "gcp":
		return "projects/" + project + "/databases/(default)/documents/" + u.Name
	}
	if key := v.store.keyOf(u.Name); key != defaultKey {
		return u.Name + "/" + key
	}
	return u.Name
}

// Parameters are those of OpenWhisk's action, with the credentials of what it
// uses.
func (v *View) Parameters() map[string]string {
	out := map[string]string{}
	for _, u := range v.function.Uses {
		if v.store.o.Target == "openwhisk" && u.Kind == model.UseDocument {
			out[u.Variable()] = couchUser + ":" + couchPassword
		}
	}
	return out
}
