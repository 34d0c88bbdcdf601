package store

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"path"
	"reflect"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/native"
	"github.com/fngen/fngen/internal/native/aws"
)

// maxJSON is the size in bytes of requests above which no service of documents
// takes one.
const maxJSON = 10 << 20

// readJSON reads the request's body.
func readJSON(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxJSON))
	if err != nil {
		return nil, because(errBad, "%v", err)
	}
	return body, nil
}

// failAWS answers with the error, as services of AWS do in JSON.
func failAWS(w http.ResponseWriter, err error, prefix string, table refusals) {
	is := table.of(err, refusal{http.StatusBadRequest, "ValidationException"})
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-Errortype", is.word)
	w.WriteHeader(is.status)
	_, _ = w.Write(native.JSON("__type", prefix+is.word, "message", err.Error())) // the caller may be gone
}

var awsRefusals = refusals{
	errNotFound: {http.StatusBadRequest, "ResourceNotFoundException"}, errConflict: {http.StatusBadRequest, "ConditionalCheckFailedException"},
	errDenied: {http.StatusBadRequest, "AccessDeniedException"}, errUnknown: {http.StatusBadRequest, "UnknownOperationException"},
	errBusy: {http.StatusBadRequest, "ProvisionedThroughputExceededException"},
}

// An item is a request of DynamoDB, as far as it is served.
type itemRequest struct {
	TableName                 string
	Key                       map[string]json.RawMessage
	Item                      map[string]json.RawMessage
	ConditionExpression       string
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues map[string]json.RawMessage
	ReturnValues              string
	ProjectionExpression      string
}

// dynamoDB serves GetItem, PutItem and DeleteItem, with conditions.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations_Amazon_DynamoDB.html
func (v *View) dynamoDB(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	answer, err := v.item(w, r, operation)
	if err != nil {
		failAWS(w, err, "com.amazonaws.dynamodb.v20120810#", awsRefusals)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_, _ = w.Write(answer) // the caller may be gone
}

func (v *View) item(w http.ResponseWriter, r *http.Request, operation string) (json.RawMessage, error) {
	body, err := readJSON(w, r)
	if err != nil {
		return nil, err
	}
	request, fields, keyed, err := parseItem(operation, body)
	if errors.Is(err, errUnknown) {
		err = v.unknown("DynamoDB", err.Error())
	}
	if err != nil {
		return nil, err
	}
	table := path.Base(request.TableName) // which may be an ARN
	name := v.store.keyOf(table)
	key, ok := keyed[name].(string)
	if !ok || operation != "PutItem" && len(keyed) != 1 {
		return nil, because(errBad, "the key of %s is the string %s", table, name)
	}
	if err := v.may(model.UseDocument, table, key, operation != "GetItem"); err != nil {
		return nil, err
	}
	full := func(d *document) native.Map {
		if d == nil {
			return native.Map{}
		}
		fields := maps.Clone(d.fields)
		fields[name] = key
		return fields
	}
	item := func(d *document) any {
		if d == nil {
			return native.Omit
		}
		text, _ := aws.Item(full(d)) // of values that were read, all encode
		return text
	}
	if operation == "GetItem" {
		d, err := v.store.get(table, key)
		return native.JSON("Item", item(d)), err
	}
	delete(fields, name)
	holds, err := parseCondition(request)
	if errors.Is(err, errUnknown) {
		err = v.unknown("DynamoDB", err.Error())
	}
	if err != nil {
		return nil, err
	}
	var was *document
	_, err = v.write(writing{name: table, key: key, fields: fields, isSame: true, when: func(d *document) error {
		if was = d; !holds(full(d)) {
			return because(errConflict, "The conditional request failed")
		}
		return nil
	}})
	if request.ReturnValues != "ALL_OLD" {
		was = nil
	}
	return native.JSON("Attributes", item(was)), err
}

// parseItem reads the request: the item that it writes, nil for none, and the
// values among which the key is.
func parseItem(operation string, body []byte) (request itemRequest, fields, keyed native.Map, err error) {
	if operation != "GetItem" && operation != "PutItem" && operation != "DeleteItem" {
		return request, nil, nil, because(errUnknown, "%s", operation)
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return request, nil, nil, because(errBad, "%v", err)
	}
	switch {
	case request.ProjectionExpression != "":
		return request, nil, nil, because(errUnknown, "ProjectionExpression")
	case request.ReturnValues != "" && request.ReturnValues != "NONE" && request.ReturnValues != "ALL_OLD":
		return request, nil, nil, because(errUnknown, "ReturnValues %s", request.ReturnValues)
	}
	from := request.Key
	if operation == "PutItem" {
		from = request.Item
	}
	keyed, err = byName(from, 0, parseAttribute)
	if operation == "PutItem" {
		fields = maps.Clone(keyed)
	}
	return request, fields, keyed, err
}

// parseCondition returns what the condition says of an item, which is empty where
// there is none. It understands attribute_exists, attribute_not_exists, = and <>
// of an attribute, and AND between them.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
func parseCondition(r itemRequest) (holds func(native.Map) bool, err error) {
	if r.ConditionExpression == "" {
		return func(native.Map) bool { return true }, nil
	}
	words := strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ", "<>", " <> ", "=", " = ").Replace(r.ConditionExpression))
	attribute := func(word string) (string, error) {
		if !strings.HasPrefix(word, "#") {
			return word, nil
		}
		name, ok := r.ExpressionAttributeNames[word]
		if !ok {
			return "", because(errBad, "the condition's name %s is not among ExpressionAttributeNames", word)
		}
		return name, nil
	}
	var all []func(native.Map) bool
	for {
		var one func(native.Map) bool
		switch {
		case len(words) >= 4 && (words[0] == "attribute_exists" || words[0] == "attribute_not_exists") && words[1] == "(" && words[3] == ")":
			name, err := attribute(words[2])
			if err != nil {
				return nil, err
			}
			want := words[0] == "attribute_exists"
			one = func(item native.Map) bool { _, is := item[name]; return is == want }
			words = words[4:]
		case len(words) >= 3 && (words[1] == "=" || words[1] == "<>"):
			name, err := attribute(words[0])
			if err != nil {
				return nil, err
			}
			raw, ok := r.ExpressionAttributeValues[words[2]]
			if !ok {
				return nil, because(errBad, "the condition's value %s is not among ExpressionAttributeValues", words[2])
			}
			value, err := parseAttribute(raw, 0)
			if err != nil {
				return nil, err
			}
			want := words[1] == "="
			one = func(item native.Map) bool { is, ok := item[name]; return ok && reflect.DeepEqual(is, value) == want }
			words = words[3:]
		default:
			return nil, because(errUnknown, "the condition %q", r.ConditionExpression)
		}
		all = append(all, one)
		if len(words) == 0 {
			break
		}
		if !strings.EqualFold(words[0], "AND") {
			return nil, because(errUnknown, "the condition %q", r.ConditionExpression)
		}
		words = words[1:]
	}
	return func(item native.Map) bool {
		for _, one := range all {
			if !one(item) {
				return false
			}
		}
		return true
	}, nil
}
