package model

import "runtime"

// A Target turns functions into files for one platform. It does no I/O: the
// same functions in, the same files out.
type Target interface {
	Name() string       // as in --target and in folder names
	Platform() Platform // what its binaries are compiled for
	// Check returns what the platform cannot do, and warnings, positioned.
	Check(Function) []Diagnostic
	// Facts returns what the function is on the platform. It holds for
	// functions that Check does not refuse.
	Facts(Function) Facts
	// Entrypoint returns the files of the function's package, with paths
	// relative to its folder.
	Entrypoint(Function) ([]File, error)
	// Infrastructure returns what deploys the application's functions, and what
	// feeds them: one function at least, all of them meant for the target and
	// not refused. Paths are relative to the folder of the artifacts, where the
	// archive of a function is its name with .zip, unless its packager says
	// otherwise. Diagnostics say what of it the platform does not take.
	Infrastructure(App) ([]File, []Diagnostic, error)
}

// An AppChecker is a [Target] on which functions can be in each other's way.
type AppChecker interface {
	// CheckApp returns what is wrong with the functions taken together.
	CheckApp([]Function) []Diagnostic
}

// A LocalRunner is a [Target] that runs on a developer's machine with other
// entrypoints than on its platform.
type LocalRunner interface {
	// LocalTarget returns the target whose entrypoints are programs that run by
	// themselves and trust whoever calls.
	LocalTarget() Target
}

// A RuntimeUser is a [Target] whose functions run in runtimes that the platform
// maintains for a time.
type RuntimeUser interface {
	// Runtimes returns their ids, and the key of fngen.yaml that chooses among
	// them, "" if none does.
	Runtimes() (ids []string, key string)
}

// A CallerChecker is a [Target] whose entrypoints may check who calls them.
type CallerChecker interface {
	ChecksCaller(Function) bool
}

// A BinaryPackager is a [Target] whose artifacts hold the compiled entrypoint.
// The platforms of others compile it: their artifacts hold the entrypoint as the
// root package of a module with all that it needs in vendor/.
type BinaryPackager interface {
	// PackageBinary returns the function's archives: one, or one for each
	// image that may run it. They hold the binary as it is, and what does not
	// depend on its bytes; it is nil when only the rest is asked for.
	PackageBinary(f Function, binary []byte) ([]Archive, error)
}

// An Archive is a zip file that the platform takes as a function.
type Archive struct {
	Path  string // relative to the folder of the artifacts
	Files []File
	Limit int // bytes that the platform takes at most; 0 for no limit
}

// A File is a file to write.
type File struct {
	Path       string // with slashes, relative to where it is written
	Data       []byte
	Executable bool
}

// Folder is the folder of a function's entrypoint, relative to the
// application's root. Its last element is unique among all targets, since
// go build names binaries after it.
func Folder(target string, f Function) string {
	return EntrypointDir + "/" + target + "/" + f.Name + "-" + target
}

// The folders of what is generated, in the application's root.
const (
	EntrypointDir = "entrypoints"
	DistDir       = "dist"
)

// A Platform is what a target's binaries are compiled for, and how.
type Platform struct {
	GOOS, GOARCH string
	Tags         []string
	Values       []string // that the linker sets, as those of a [Build]

	// Plain compiles with the go command's own flags, as go test does, so that
	// they share a cache.
	Plain bool
}

// LocalPlatform returns what runs on this machine.
func LocalPlatform() Platform {
	return Platform{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Plain: true}
}

func (p Platform) String() string { return p.GOOS + "/" + p.GOARCH }

// Facts are what a person wants to know of a function on a platform before
// choosing it. Each is a short phrase.
type Facts struct {
	Source     string   `json:"source"`         // the native service that feeds it
	Guarantee  string   `json:"guarantee"`      // of delivery
	Retries    string   `json:"retries"`        // who tries again, how often
	Order      string   `json:"order"`          // what is kept in order
	DeadLetter string   `json:"deadletter"`     // where what fails for good goes
	Uses       []string `json:"uses,omitempty"` // what its setup is given, each with the right to it
	Emulated   []string `json:"emulated"`       // what fngen's adapter does because the platform does not
	Differs    []string `json:"differs"`        // what is not as on the other platforms, of the event or of a right
}

const (
	AtLeastOnce = "at least once"
	AtMostOnce  = "at most once"
	OnRequest   = "answers a request"
)
