package aws

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/output"
	"github.com/fngen/fngen/gen/internal/target/aws/stack"
)

// A useOperation is a request that a use makes of its service, which permits it
// by an action on one thing.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html says of
// each operation of S3 which action it needs.
type useOperation struct {
	kind   model.UseKind
	name   string
	writes bool
	action string
	on     thing
}

// A thing is what an action is on, as IAM names it.
type thing int

const (
	itself  thing = iota // the table, the bucket or the secret
	objects              // in the bucket, those with the prefix of the use
)

// useOperations are all that uses do: what a role may do with what its function
// uses is read off here, and there is nothing else that it may. To see whether an
// object is there before it is deleted is a write's.
var useOperations = []useOperation{
	{model.UseDocument, "GetItem", false, "dynamodb:GetItem", itself},
	{model.UseDocument, "PutItem", true, "dynamodb:PutItem", itself},
	{model.UseDocument, "DeleteItem", true, "dynamodb:DeleteItem", itself},
	{model.UseObject, "HeadObject", false, "s3:GetObject", objects},
	{model.UseObject, "GetObject", false, "s3:GetObject", objects},
	{model.UseObject, "ListObjectsV2", false, "s3:ListBucket", itself}, // without it a key that is not there is 403
	{model.UseObject, "HeadObject", true, "s3:GetObject", objects},
	{model.UseObject, "PutObject", true, "s3:PutObject", objects},
	{model.UseObject, "CopyObject", true, "s3:PutObject", objects}, // of what it may get
	{model.UseObject, "CreateMultipartUpload", true, "s3:PutObject", objects},
	{model.UseObject, "UploadPart", true, "s3:PutObject", objects},
	{model.UseObject, "CompleteMultipartUpload", true, "s3:PutObject", objects},
	{model.UseObject, "AbortMultipartUpload", true, "s3:AbortMultipartUpload", objects},
	{model.UseObject, "DeleteObject", true, "s3:DeleteObject", objects},
	{model.UseSecret, "GetSecretValue", false, "secretsmanager:GetSecretValue", itself},
}

// needed returns the actions on the thing that the right to it needs, sorted.
func needed(u model.Use, on thing) []string {
	var actions []string
	for _, o := range useOperations {
		if o.kind == u.Kind && o.on == on && (o.writes && u.Write || !o.writes && u.Read) {
			actions = append(actions, o.action)
		}
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}

// rights returns the policies by which the function's role may use its services,
// one for each resource, and the variables by which the function finds them.
// Neither depends on what else is used, or in which order.
func (b *builder) rights(f model.Function) (policies []output.Mapping, variables output.Mapping) {
	of := map[string][]model.Use{}
	for _, u := range f.Uses {
		of[u.Resource()] = append(of[u.Resource()], u)
		variables = append(variables, output.Member{Key: u.Variable(), Value: b.place(u)})
	}
	slices.SortFunc(variables, func(a, b output.Member) int { return strings.Compare(a.Key, b.Key) })
	for _, resource := range slices.Sorted(maps.Keys(of)) {
		policies = append(policies, inline(policyName(resource), b.mayUse(of[resource])...))
	}
	return policies, variables
}

// place is the value of the use's variable.
func (b *builder) place(u model.Use) any {
	switch u.Kind {
	case model.UseDocument:
		table := cmp.Or[any](optional(b.names[u.Name]), stack.Ref(logical(u.Name, "Table")))
		if key := b.keysOf(u.Name)[0]; key != presetKey && !u.AsName {
			return stack.Join{table, "/" + key}
		}
		return table
	case model.UseObject:
		return b.bucket(u.Name)
	}
	return output.Text(u.Name)
}

// bucket is the name of the bucket. That of one that feeds functions is no reference,
// since the bucket refers to the functions.
func (b *builder) bucket(name string) any {
	switch physical := b.names[name]; {
	case physical != "":
		return output.Text(physical)
	case b.feeds("object", name):
		return bucketName(name)
	}
	return stack.Ref(logical(name, "Bucket"))
}

// mayUse returns what the uses of one resource are permitted: an action once,
// whichever of them needs it.
func (b *builder) mayUse(uses []model.Use) []statement {
	u := uses[0]
	all := b.resource(u)
	var may []statement
	prefixes := map[string]model.Use{} // with all rights to the objects
	for _, one := range uses {
		merged := prefixes[one.Prefix]
		merged.Kind, merged.Read, merged.Write = one.Kind, merged.Read || one.Read, merged.Write || one.Write
		prefixes[one.Prefix] = merged
	}
	things := []any{all}
	for _, prefix := range slices.Sorted(maps.Keys(prefixes)) {
		one := prefixes[prefix]
		if actions := needed(one, itself); len(actions) > 0 {
			may = append(may, statement{actions: actions, resources: []any{all}, condition: onlyPrefix(prefix)})
		}
		if actions := needed(one, objects); len(actions) > 0 {
			below := b.objects(u.Name, prefix)
			may = append(may, statement{actions: actions, resources: []any{below}})
			things = append(things, below)
		}
	}
	if actions := b.actions[u.Name]; len(actions) > 0 && u.Kind != model.UseSecret {
		may = append(may, statement{actions: slices.Compact(slices.Sorted(slices.Values(actions))), resources: things})
	}
	return b.withKey(may)
}

// resource is the ARN of what is used. That of a secret ends in six characters
// that nobody knows before, and only its own does:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
func (b *builder) resource(u model.Use) any {
	switch u.Kind {
	case model.UseDocument:
		return b.arnOf(u.Name, "dynamodb", "table/", stack.Arn(logical(u.Name, "Table")))
	case model.UseObject:
		return b.bucketARN(u.Name, "")
	}
	return regional("secretsmanager", "secret:"+u.Name+"-??????")
}

// objects is the ARN of the bucket's objects whose keys begin with the prefix,
// in which there is nothing that means something to IAM.
func (b *builder) objects(name, prefix string) any { return b.bucketARN(name, "/"+prefix+"*") }

// bucketARN is the ARN of the bucket and what is below it. Of a bucket that feeds
// functions it is no reference: see bucket.
func (b *builder) bucketARN(name, below string) any {
	bucket := b.bucket(name)
	if id, isReference := bucket.(stack.Ref); isReference {
		return stack.Join{stack.Arn(string(id)), below}
	}
	return arnOfBucket(bucket, below)
}

// onlyPrefix is the condition that nothing is listed but what begins with the
// prefix; nil for all.
func onlyPrefix(prefix string) any {
	if prefix == "" {
		return nil
	}
	return output.Mapping{{Key: "StringLike", Value: output.Mapping{{Key: "s3:prefix", Value: output.Text(prefix + "*")}}}}
}

// policyName is what the policy for a resource is called in its role: after the
// resource, in what IAM takes, and different for each.
func policyName(resource string) string {
	const most = 128
	name := strings.NewReplacer(":", ".", "/", ",").Replace(resource) // no secret has a comma in its name
	if len(name) > most {
		sum := sha256.Sum256([]byte(name))
		hash := hex.EncodeToString(sum[:8])
		name = name[:most-len(hash)-1] + "," + hash
	}
	return name
}

// presetKey is the key attribute of tables. No document has a member of that
// name.
const presetKey = "_id"

// keysOf are the key attributes of the table, the partition key first.
func (b *builder) keysOf(name string) []string {
	if keys := b.keys[name]; len(keys) > 0 {
		return keys
	}
	return []string{presetKey}
}
