package platform

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/fngen/fngen/gen/internal/model"
)

// environment returns the whole environment of the process. Nothing is passed on
// of this one, so that no credentials of the user's are, nor what only this
// machine has.
func (p *Process) environment() []string {
	f := p.function
	env := []string{"TZ=UTC", "HOME=" + p.options.Home}
	if runtime.GOOS == "windows" { // without which there is no network
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot"), "TEMP="+os.TempDir(), "TMP="+os.TempDir(), "USERPROFILE="+p.options.Home)
	} else {
		env = append(env, "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR="+os.TempDir())
	}
	timeout := p.host.Timeout(f)
	switch p.host.target {
	case "aws":
		memory := 128
		if f.Operation.Memory > 0 {
			memory = f.Operation.Memory
		}
		env = append(env,
			"AWS_REGION="+Region, "AWS_DEFAULT_REGION="+Region, "AWS_LAMBDA_FUNCTION_NAME="+f.Name, "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
			"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(memory), "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand", "_HANDLER=bootstrap",
			"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+f.Name, "AWS_LAMBDA_LOG_STREAM_NAME=local",
			"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local",
			// An SDK finds neither the user's files nor a machine's role.
			"AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true",
			"AWS_ENDPOINT_URL_SQS="+p.sinks.url(), "AWS_ENDPOINT_URL_SNS="+p.sinks.url(), "AWS_ENDPOINT_URL_EVENTBRIDGE="+p.sinks.url(),
		)
	case "gcp":
		env = append(env,
			"K_SERVICE="+f.Name, "K_REVISION="+f.Name+"-local", "K_CONFIGURATION="+f.Name, "FUNCTION_TARGET="+model.Camel(f.Name), "LOCAL_ONLY=true",
			"GOOGLE_CLOUD_PROJECT="+Project, "GOOGLE_CLOUD_REGION="+GoogleRegion, "CLOUD_RUN_TIMEOUT_SECONDS="+strconv.Itoa(int(timeout/time.Second)),
			"PUBSUB_EMULATOR_HOST="+p.sinks.address(), "GCE_METADATA_HOST="+p.sinks.address(), // which has no token
		)
	case "openwhisk":
		env = append(env, "__OW_API_HOST="+p.sinks.url(), "__OW_ACTION_NAME=/guest/"+f.Name, "__OW_ACTION_VERSION=0.0.1", "__OW_NAMESPACE=guest", "__OW_WAIT_FOR_ACK=1")
	}
	if p.view != nil { // before those of fngen.yaml, which may lead to an emulator
		env = append(env, p.view.Environment(p.sinks.address())...)
	}
	env = append(env, p.options.Env...)
	for _, s := range sinksOf(p.host.target, f) {
		isFIFO := p.options.FIFO != nil && p.options.FIFO(s.Name)
		if q, ok := f.Trigger.(model.Queue); ok && s.Name == f.DeadLetterSink() {
			isFIFO = q.FIFO // a queue's letters are in one of its kind
		}
		env = append(env, model.SinkVariable(s.Name)+"="+p.sinks.sinkAddress(p.host.target, s, isFIFO))
	}
	return env
}

// SecretsFile is the name of the file, in the folder that git ignores, that has
// the values of secrets, NAME=value a line.
const SecretsFile = "secrets.env"

// Environment returns the variables that fngen.yaml gives the function. The
// value of one that is a secret on the platform is that of the same variable
// here, or in the lines of secrets. The error names those that have none.
func Environment(f model.Function, secrets string) ([]string, error) {
	var env, missing []string
	for _, v := range f.Operation.Env {
		value := v.Value
		if v.IsSecret {
			here, place := secretValue(v.Name, secrets)
			if place == "" {
				missing = append(missing, v.Name)
			}
			value = here
		}
		env = append(env, v.Name+"="+value)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: %s: a secret of the platform, which is not known here; set it in the environment, or write %s=… into .fngen/%s",
			f.Name, strings.Join(missing, ", "), missing[0], SecretsFile)
	}
	return env, nil
}

// SecretVariable is the variable that has the value of a secret on this machine,
// FNGEN_SECRET_KEY of the parameter key.
func SecretVariable(u model.Use) string { return "FNGEN_SECRET_" + strings.ToUpper(u.Param) }

// Secrets returns the values of the secrets that the function uses by their
// parameters, and says where each comes from: the environment, or the lines of
// secrets. The error names those that have none.
func Secrets(f model.Function, secrets string) (values map[string]string, from []string, err error) {
	var missing []string
	values = map[string]string{}
	for _, u := range f.Uses {
		if u.Kind != model.UseSecret {
			continue
		}
		value, place := secretValue(SecretVariable(u), secrets)
		if place == "" {
			missing = append(missing, fmt.Sprintf("%s: the secret %s, which is not known here; set %s in the environment, or write %s=… into .fngen/%s",
				f.Name, u.Name, SecretVariable(u), SecretVariable(u), SecretsFile))
			continue
		}
		values[u.Param] = value
		from = append(from, fmt.Sprintf("the secret %s is %s of %s", u.Name, SecretVariable(u), place))
	}
	if missing != nil {
		return nil, nil, errors.New(strings.Join(missing, "\n"))
	}
	return values, from, nil
}

// secretValue returns the value of the variable in the environment or in the lines
// of the file, and where it is from; "" for nowhere.
func secretValue(variable, secrets string) (value, place string) {
	if value, ok := os.LookupEnv(variable); ok {
		return value, "the environment"
	}
	for line := range strings.Lines(secrets) {
		name, of, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if ok && strings.TrimSpace(name) == variable {
			value, place = of, ".fngen/"+SecretsFile
		}
	}
	return value, place
}

// newID returns an id of the form that the platforms give deliveries: a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // which does not fail
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
