// Package gen turns Go functions with directives into entrypoints and
// artifacts. It names no cloud: what differs between platforms is a [Target].
//
// Data flows one way: source files, [Scan], [App], checks, files in memory,
// files on disk, one go build, artifacts.
package gen

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
	// Infrastructure returns what deploys the application's functions, which
	// are those that are meant for the target, and what feeds them. Paths are
	// relative to the folder of the artifacts, where the archive of a function
	// is its name with .zip, unless its packager says otherwise.
	Infrastructure(App) ([]File, error)
}

// An AppChecker is a [Target] on which functions can be in each other's way.
type AppChecker interface {
	// CheckApp returns what is wrong with the functions taken together.
	CheckApp([]Function) []Diagnostic
}

// A BinaryPackager is a [Target] whose artifacts hold the compiled entrypoint.
type BinaryPackager interface {
	// PackageBinary returns the function's archives: one, or one for each
	// image that may run it. They hold the binary as it is, and what does not
	// depend on its bytes; it is nil when only the rest is asked for.
	PackageBinary(f Function, binary []byte) ([]Archive, error)
}

// A SourcePackager is a [Target] whose platform compiles the entrypoint, from
// a module that holds all it needs.
type SourcePackager interface {
	// PackageSource returns what the function's archive holds. module is the
	// entrypoint as the root package of a module with vendored dependencies.
	PackageSource(f Function, module []File) ([]File, error)
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
