package aws

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/internal/testkit/cfn"
	"github.com/fngen/fngen/internal/testkit/moto"
)

// A document is a policy, and may is a statement of it, with its functions
// evaluated.
type (
	document []may
	may      struct {
		Effect           string
		Action, Resource []string
		Condition        map[string]map[string]string `json:",omitempty"`
	}
)

// granted returns the policies of the role of a function with these uses, by
// their names, in a stack whose tables are called after their logical ids. They
// are the same whether objects in the bucket feed a function.
func granted(t *testing.T, yaml string, uses ...model.Use) map[string]document {
	t.Helper()
	f := model.Function{Name: "confirm", Trigger: model.Queue{Name: "orders"}}.Using(uses...)
	out := policiesOf(t, yaml, f)
	if diff := cmp.Diff(out, policiesOf(t, yaml, f, model.Function{Name: "thumbnail", Trigger: model.Object{Bucket: "pictures", Created: true}})); diff != "" {
		t.Errorf("with a trigger the policies are others (-without +with):\n%s", diff)
	}
	return out
}

func policiesOf(t *testing.T, yaml string, functions ...model.Function) map[string]document {
	t.Helper()
	c := config.Parse([]byte(yaml), []string{"aws"})
	files, found, err := New(c.Sections("aws")).Infrastructure(model.App{Path: "example.com/shop", Functions: functions})
	if err != nil || len(found) > 0 || len(c.Diagnostics()) > 0 {
		t.Fatal(err, found, c.Diagnostics())
	}
	template, err := cfn.Parse(files[0].Data)
	if err != nil {
		t.Fatal(err)
	}
	resolved, err := cfn.Resolve(template.Resources["ConfirmRole"].Properties["Policies"], func(r cfn.Reference) (string, error) {
		switch r.String() {
		case "AWS::StackId":
			return "arn:aws:cloudformation:eu-west-1:123456789012:stack/shop/0d0e9e20-2a51-11f0-9b4a-0a58a9feac02", nil
		case "AWS::Partition":
			return "aws", nil
		case "AWS::Region":
			return "eu-west-1", nil
		case "AWS::AccountId":
			return "123456789012", nil
		case "UsersTable.Arn":
			return "arn:aws:dynamodb:eu-west-1:123456789012:table/UsersTable", nil
		case "PicturesBucket.Arn":
			return picturesARN, nil
		}
		return "arn:aws:other:::" + r.String(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(resolved)
	if err != nil {
		t.Fatal(err)
	}
	var policies []struct {
		PolicyName     string
		PolicyDocument struct{ Statement document }
	}
	if err := json.Unmarshal(data, &policies); err != nil {
		t.Fatal(err)
	}
	out := map[string]document{}
	for _, p := range policies {
		out[p.PolicyName] = p.PolicyDocument.Statement
	}
	delete(out, ownPolicy)
	return out
}

// permits evaluates the policy for a request as IAM does, as far as fngen's
// policies go: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (d document) permits(action, resource string, context map[string]string) bool {
	return slices.ContainsFunc(d, func(m may) bool {
		for operator, keys := range m.Condition {
			for key, pattern := range keys {
				value, there := context[key]
				if operator != "StringLike" || !there || !like(pattern, value) {
					return false
				}
			}
		}
		return m.Effect == "Allow" && slices.Contains(m.Action, action) &&
			slices.ContainsFunc(m.Resource, func(pattern string) bool { return like(pattern, resource) })
	})
}

// like reports whether the text is like the pattern, in which a * stands for
// anything.
func like(pattern, text string) bool {
	const slash = "\x00" // which * of package path does not stand for
	matched, err := path.Match(strings.ReplaceAll(pattern, "/", slash), strings.ReplaceAll(text, "/", slash))
	return err == nil && matched
}

// without returns the policy with one action less.
func (d document) without(action string) document {
	var out document
	for _, m := range d {
		m.Action = slices.DeleteFunc(slices.Clone(m.Action), func(a string) bool { return a == action })
		out = append(out, m)
	}
	return out
}

// actions returns what the policy allows, sorted, each once.
func (d document) actions() []string {
	var out []string
	for _, m := range d {
		out = append(out, m.Action...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// does reports whether a use with these rights makes the requests of the
// operation.
func (o useOperation) does(u model.Use) bool {
	return o.kind == u.Kind && (o.writes && u.Write || !o.writes && u.Read)
}

const picturesARN = "arn:aws:s3:::pictures-0d0e9e202a51"

// Each right to each kind permits exactly the operations that it is for, each of
// which fails with its action taken away, and no action is there for none. Of a
// prefix that holds for the objects below it, and for lists of it.
func TestUseRights(t *testing.T) {
	type on struct{ resource, list string } // an ARN, and the prefix that is listed
	inside := map[model.UseKind]map[thing][]on{
		model.UseDocument: {itself: {{resource: "arn:aws:dynamodb:eu-west-1:123456789012:table/UsersTable"}}},
		model.UseObject: {itself: {{picturesARN, "in/"}, {picturesARN, "in/a/"}},
			objects: {{resource: picturesARN + "/in/a.png"}, {resource: picturesARN + "/in/a/b"}}},
		model.UseSecret: {itself: {{resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe/api-a1B2c3"}}},
	}
	outside := map[model.UseKind]map[thing][]on{
		model.UseDocument: {itself: {{resource: "arn:aws:dynamodb:eu-west-1:123456789012:table/UsersTable2"},
			{resource: "arn:aws:dynamodb:eu-west-1:123456789012:table/UsersTable/index/by-name"}}},
		model.UseObject: {itself: {{"arn:aws:s3:::pictures-0d0e9e202a52", "in/"}, {picturesARN, ""}, {picturesARN, "i"}, {picturesARN, "out/"}},
			objects: {{resource: picturesARN + "/in"}, {resource: picturesARN + "/out/in/a"}, {resource: "arn:aws:s3:::pictures/in/a"}}},
		model.UseSecret: {itself: {{resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe/api2-a1B2c3"},
			{resource: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:stripe/api-a1B2c3d"}}},
	}
	for _, c := range []struct {
		use    model.Use
		policy string
		want   []string
	}{
		{model.Use{Kind: model.UseDocument, Name: "users", Read: true}, "document.users", []string{"dynamodb:GetItem"}},
		{model.Use{Kind: model.UseDocument, Name: "users", Write: true}, "document.users", []string{"dynamodb:DeleteItem", "dynamodb:PutItem"}},
		{model.Use{Kind: model.UseDocument, Name: "users", Read: true, Write: true}, "document.users", []string{"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"}},
		{model.Use{Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"}, "object.pictures", []string{"s3:GetObject", "s3:ListBucket"}},
		{model.Use{Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "in/"}, "object.pictures", []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"}},
		{model.Use{Kind: model.UseObject, Name: "pictures", Read: true, Write: true, Prefix: "in/"}, "object.pictures",
			[]string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}},
		{model.Use{Kind: model.UseSecret, Name: "stripe/api", Read: true}, "secret.stripe,api", []string{"secretsmanager:GetSecretValue"}},
	} {
		c.use.Param = "it"
		policies := granted(t, "", c.use)
		policy := policies[c.policy]
		if len(policies) != 1 || policy == nil {
			t.Fatalf("%s %s: the policies are %v", c.use.Resource(), c.use.Right(), policies)
		}
		if diff := cmp.Diff(c.want, policy.actions()); diff != "" {
			t.Errorf("%s %s: actions (-want +got):\n%s", c.use.Resource(), c.use.Right(), diff)
		}
		needless := policy.actions()
		for _, o := range useOperations {
			if o.kind != c.use.Kind {
				continue
			}
			if o.does(c.use) {
				needless = slices.DeleteFunc(needless, func(a string) bool { return a == o.action })
			}
			permitted := slices.Contains(c.want, o.action) // by another operation's right too
			if o.does(c.use) && !permitted {
				t.Errorf("%s %s: %s needs %s", c.use.Resource(), c.use.Right(), o.name, o.action)
			}
			for _, at := range inside[o.kind][o.on] {
				context := map[string]string{"s3:prefix": at.list}
				if got := policy.permits(o.action, at.resource, context); got != permitted {
					t.Errorf("%s %s: %s on %v is permitted: %t", c.use.Resource(), c.use.Right(), o.name, at, got)
				}
				if policy.without(o.action).permits(o.action, at.resource, context) {
					t.Errorf("%s %s: %s on %v is permitted without %s", c.use.Resource(), c.use.Right(), o.name, at, o.action)
				}
			}
			for _, at := range outside[o.kind][o.on] {
				if policy.permits(o.action, at.resource, map[string]string{"s3:prefix": at.list}) {
					t.Errorf("%s %s: %s on %v is permitted", c.use.Resource(), c.use.Right(), o.name, at)
				}
			}
		}
		if len(needless) > 0 {
			t.Errorf("%s %s: no operation needs %v", c.use.Resource(), c.use.Right(), needless)
		}
	}
	all := granted(t, "", model.Use{Param: "it", Kind: model.UseObject, Name: "pictures", Read: true})["object.pictures"]
	if !all.permits("s3:ListBucket", picturesARN, nil) || !all.permits("s3:GetObject", picturesARN+"/a", nil) {
		t.Errorf("without a prefix not all is permitted: %v", all)
	}
}

// Two uses of a bucket are one policy, in which neither prefix has the other's
// right; of one prefix they are as one use. What operators add holds for the
// resource alone, and nothing is said twice.
func TestUseRightsTogether(t *testing.T) {
	read := model.Use{Param: "from", Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"}
	write := model.Use{Param: "to", Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "out/"}
	policies := granted(t, "", read, write)
	policy := policies["object.pictures"]
	if len(policies) != 1 {
		t.Errorf("the policies are %v", policies)
	}
	for _, c := range []struct {
		action, key string
		want        bool
	}{{"s3:GetObject", "in/a", true}, {"s3:PutObject", "out/a", true}, {"s3:PutObject", "in/a", false}, {"s3:DeleteObject", "in/a", false}, {"s3:DeleteObject", "out/a", true}} {
		if got := policy.permits(c.action, picturesARN+"/"+c.key, nil); got != c.want {
			t.Errorf("%s on %s: %t", c.action, c.key, got)
		}
	}
	if policy.permits("s3:ListBucket", picturesARN, map[string]string{"s3:prefix": "out/"}) {
		t.Error("what is only written is listed")
	}

	same := write
	same.Prefix = "in/"
	both := read
	both.Write = true
	if diff := cmp.Diff(granted(t, "", both), granted(t, "", read, same)); diff != "" {
		t.Errorf("two uses of one prefix are not as one (-want +got):\n%s", diff)
	}

	yaml := "resources: {pictures: {aws: {name: acme-pictures, actions: ['s3:PutObjectTagging', 's3:GetObjectTagging', 's3:PutObjectTagging']}}}"
	more := granted(t, yaml, read)["object.pictures"]
	if got := more[len(more)-1]; !slices.Equal(got.Action, []string{"s3:GetObjectTagging", "s3:PutObjectTagging"}) ||
		!slices.Equal(got.Resource, []string{"arn:aws:s3:::acme-pictures", "arn:aws:s3:::acme-pictures/in/*"}) {
		t.Errorf("what is added is %v", got)
	}
	query := granted(t, "resources: {users: {aws: {actions: ['dynamodb:Query']}}}", model.Use{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, AsName: true})["document.users"]
	if diff := cmp.Diff([]string{"dynamodb:GetItem", "dynamodb:Query"}, query.actions()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Another use, or another order of them, leaves the policies of the others as
// they are.
func TestUsesAreIndependent(t *testing.T) {
	uses := []model.Use{
		{Param: "users", Kind: model.UseDocument, Name: "users", Read: true, Write: true},
		{Param: "pictures", Kind: model.UseObject, Name: "pictures", Read: true},
		{Param: "key", Kind: model.UseSecret, Name: "stripe/api", Read: true},
		{Param: "other", Kind: model.UseSecret, Name: "stripe-api", Read: true},
	}
	all := granted(t, "", uses...)
	if len(all) != len(uses) {
		t.Fatalf("the policies are %v", all)
	}
	reversed := slices.Clone(uses)
	slices.Reverse(reversed)
	if diff := cmp.Diff(all, granted(t, "", reversed...)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, u := range uses {
		for name, policy := range granted(t, "", slices.Delete(slices.Clone(uses), i, i+1)...) {
			if diff := cmp.Diff(all[name], policy); diff != "" {
				t.Errorf("%s is another without %s (-want +got):\n%s", name, u.Param, diff)
			}
		}
	}
}

// IAM takes the names of policies, whatever secrets are called, and no two are
// the same.
func TestPolicyNames(t *testing.T) {
	names := map[string]string{}
	long := strings.Repeat("s", 126)
	for _, resource := range []string{"document:users", "object:users", "secret:users", "secret:a/b", "secret:a.b", "secret:a-b", "secret:a+b=c@d_e",
		"secret:" + long, "secret:" + long + "1", "secret:" + long + "2"} {
		name := policyName(resource)
		if len(name) > 128 || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-") != "" || names[name] != "" {
			t.Errorf("%s has the policy %s, as %q has", resource, name, names[name])
		}
		names[name] = resource
	}
}

// The services themselves ask for these actions: each operation passes with the
// rights of its use, and with one action taken away it is refused. Of the
// resources moto evaluates those of S3 alone, and no conditions.
func TestUseRightsAtServices(t *testing.T) {
	account := motoAccount{t: t, url: moto.Start(t)}
	account.prepare()
	for _, use := range []model.Use{
		{Kind: model.UseDocument, Name: "users", Read: true}, {Kind: model.UseDocument, Name: "users", Write: true},
		{Kind: model.UseObject, Name: "pictures", Read: true, Prefix: "in/"}, {Kind: model.UseObject, Name: "pictures", Write: true, Prefix: "in/"},
		{Kind: model.UseSecret, Name: "stripe/api", Read: true},
	} {
		use.Param = "it"
		var policy document
		for _, policy = range granted(t, "", use) {
		}
		account.permit(policy)
		for _, o := range useOperations {
			if o.does(use) && account.operate(o.name) == http.StatusForbidden {
				t.Errorf("%s %s: %s is refused", use.Resource(), use.Right(), o.name)
			}
		}
		for _, action := range policy.actions() {
			account.permit(policy.without(action))
			for _, o := range useOperations {
				if got := account.operate(o.name) == http.StatusForbidden; o.does(use) && got != (o.action == action) {
					t.Errorf("%s %s without %s: %s is refused: %t", use.Resource(), use.Right(), action, o.name, got)
				}
			}
		}
	}
}

// A motoAccount is one of AWS, in which a user stands for the role.
type motoAccount struct {
	t           *testing.T
	url         string
	credentials sdk.Credentials
	upload      string
}

// prepare makes what is operated on, and the user, before moto looks at rights.
func (a *motoAccount) prepare() {
	a.credentials = sdk.Credentials{AccessKeyID: "none", SecretAccessKey: "none"}
	bucket := strings.TrimPrefix(picturesARN, "arn:aws:s3:::")
	for _, r := range []struct{ service, method, path, target, body string }{
		{"dynamodb", "POST", "/", "DynamoDB_20120810.CreateTable", `{"TableName":"UsersTable","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[{"AttributeName":"_id","AttributeType":"S"}],"KeySchema":[{"AttributeName":"_id","KeyType":"HASH"}]}`},
		{"secretsmanager", "POST", "/", "secretsmanager.CreateSecret", `{"Name":"stripe/api","SecretString":"key","ClientRequestToken":"0d0e9e20-2a51-11f0-9b4a-0a58a9feac02"}`},
		{"s3", "PUT", "/" + bucket, "", `<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>`},
		{"s3", "PUT", "/" + bucket + "/in/a", "", "a"},
		{"iam", "POST", "/", "", "Action=CreateUser&UserName=role&Version=2010-05-08"},
	} {
		if status, body := a.send(r.service, r.method, r.path, r.target, r.body); status >= 300 {
			a.t.Fatalf("%s: %d %s", r.path+r.target, status, body)
		}
	}
	var started struct{ UploadId string }
	_, body := a.send("s3", "POST", "/"+bucket+"/in/large?uploads=", "", "")
	if err := xml.Unmarshal(body, &started); err != nil || started.UploadId == "" {
		a.t.Fatalf("%v: %s", err, body)
	}
	a.upload = started.UploadId
	var key struct {
		Result struct {
			AccessKey struct{ AccessKeyId, SecretAccessKey string }
		} `xml:"CreateAccessKeyResult"`
	}
	_, body = a.send("iam", "POST", "/", "", "Action=CreateAccessKey&UserName=role&Version=2010-05-08")
	if err := xml.Unmarshal(body, &key); err != nil {
		a.t.Fatalf("%v: %s", err, body)
	}
	a.credentials = sdk.Credentials{AccessKeyID: key.Result.AccessKey.AccessKeyId, SecretAccessKey: key.Result.AccessKey.SecretAccessKey}
}

// permit gives the user the policy and no other. Of resources that moto does not
// evaluate it takes "*" for all.
func (a *motoAccount) permit(policy document) {
	a.t.Helper()
	a.auth("1000")
	statements := slices.DeleteFunc(slices.Clone(policy), func(m may) bool { return len(m.Action) == 0 })
	for i, m := range statements {
		if statements[i].Condition = nil; !strings.HasPrefix(m.Action[0], "s3:") {
			statements[i].Resource = []string{"*"}
		}
	}
	if len(statements) == 0 { // which is no policy
		statements = document{{Effect: "Deny", Action: []string{"*"}, Resource: []string{"*"}}}
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		a.t.Fatal(err)
	}
	form := url.Values{"Action": {"PutUserPolicy"}, "UserName": {"role"}, "PolicyName": {"use"}, "PolicyDocument": {string(text)}, "Version": {"2010-05-08"}}
	if status, body := a.send("iam", "POST", "/", "", form.Encode()); status != http.StatusOK {
		a.t.Fatalf("%d %s", status, body)
	}
	a.auth("0")
}

// auth has moto look at rights after so many requests.
func (a *motoAccount) auth(after string) {
	resp, err := http.Post(a.url+"/moto-api/reset-auth", "text/plain", strings.NewReader(after))
	if err != nil || resp.StatusCode != http.StatusOK {
		a.t.Fatal(resp, err)
	}
	resp.Body.Close()
}

// operate makes the request and returns its status.
func (a *motoAccount) operate(name string) int {
	a.t.Helper()
	at := "/" + strings.TrimPrefix(picturesARN, "arn:aws:s3:::")
	request, ok := map[string]struct{ service, method, path, target, body string }{
		"GetItem":                 {"dynamodb", "POST", "/", "DynamoDB_20120810.GetItem", `{"TableName":"UsersTable","Key":{"_id":{"S":"a"}}}`},
		"PutItem":                 {"dynamodb", "POST", "/", "DynamoDB_20120810.PutItem", `{"TableName":"UsersTable","Item":{"_id":{"S":"a"}}}`},
		"DeleteItem":              {"dynamodb", "POST", "/", "DynamoDB_20120810.DeleteItem", `{"TableName":"UsersTable","Key":{"_id":{"S":"a"}}}`},
		"GetSecretValue":          {"secretsmanager", "POST", "/", "secretsmanager.GetSecretValue", `{"SecretId":"stripe/api"}`},
		"HeadObject":              {"s3", "HEAD", at + "/in/a", "", ""},
		"GetObject":               {"s3", "GET", at + "/in/a", "", ""},
		"ListObjectsV2":           {"s3", "GET", at + "?list-type=2&prefix=in", "", ""},
		"PutObject":               {"s3", "PUT", at + "/in/a", "", "a"},
		"CreateMultipartUpload":   {"s3", "POST", at + "/in/large?uploads=", "", ""},
		"UploadPart":              {"s3", "PUT", at + "/in/large?partNumber=1&uploadId=" + a.upload, "", "a"},
		"CompleteMultipartUpload": {"s3", "POST", at + "/in/large?uploadId=" + a.upload, "", "<CompleteMultipartUpload></CompleteMultipartUpload>"},
		"AbortMultipartUpload":    {"s3", "DELETE", at + "/in/none?uploadId=none", "", ""},
		"CopyObject":              {"s3", "PUT", at + "/in/c", copying, at + "/in/a"},
		"DeleteObject":            {"s3", "DELETE", at + "/in/b", "", ""},
	}[name]
	if !ok {
		a.t.Fatalf("nobody tries %s", name)
	}
	status, body := a.send(request.service, request.method, request.path, request.target, request.body)
	if status == http.StatusForbidden && request.method != "HEAD" && !bytes.Contains(body, []byte("AccessDenied")) {
		a.t.Fatalf("%s: %d %s", name, status, body)
	}
	return status
}

// copying is the target of a request whose body is the source of a copy.
const copying = "copy"

func (a *motoAccount) send(service, method, path, target, body string) (int, []byte) {
	a.t.Helper()
	from := ""
	if target == copying {
		target, from, body = "", body, ""
	}
	r, err := http.NewRequest(method, a.url+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(body))
	hash := hex.EncodeToString(sum[:])
	r.Header.Set("X-Amz-Content-Sha256", hash)
	switch {
	case target != "":
		r.Header.Set("X-Amz-Target", target)
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	case from != "":
		r.Header.Set("X-Amz-Copy-Source", from)
	case service == "iam":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }).SignHTTP(a.t.Context(), a.credentials, r, hash, service, "eu-west-1", time.Now()); err != nil {
		a.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	if strings.Contains(string(read), "SignatureDoesNotMatch") {
		a.t.Fatal(fmt.Sprint(method, " ", path, ": ", string(read)))
	}
	return resp.StatusCode, read
}
