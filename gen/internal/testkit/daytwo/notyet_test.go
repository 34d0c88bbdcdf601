package daytwo

// notYet are the cases that are known to be wrong, by the names of their tests,
// each with what it waits for.
var notYet = map[string]string{
	"TestRemove/Confirm/openwhisk":        "wskdeploy sync",
	"TestRemove/Count/openwhisk":          "wskdeploy sync",
	"TestRemove/Greet/openwhisk":          "wskdeploy sync",
	"TestRemove/Order/openwhisk":          "wskdeploy sync",
	"TestRemove/Print/openwhisk":          "wskdeploy sync",
	"TestRename/gcp":                      "addresses that a rename leaves alone",
	"TestRename/openwhisk":                "wskdeploy sync",
	"TestRenameSaid/behind_api/gcp":       "addresses that a rename leaves alone",
	"TestRenameSaid/behind_api/openwhisk": "wskdeploy sync, and URLs of web actions that a rename leaves alone",
	"TestRenameSaid/once/gcp":             "addresses that a rename leaves alone",
	"TestRenameSaid/once/openwhisk":       "wskdeploy sync, and URLs of web actions that a rename leaves alone",
	"TestRenameSaid/twice/gcp":            "addresses that a rename leaves alone",
	"TestRenameSaid/twice/openwhisk":      "wskdeploy sync, and URLs of web actions that a rename leaves alone",
	"TestRollBack/a_rename/gcp":           "addresses in the state that are the identity's, or a rollback that moves them back",
	"TestRollBack/a_rename/openwhisk":     "wskdeploy sync, and URLs of web actions that a rename leaves alone",
	"TestSecondApplication/gcp":           "grants that are the application's own",
	"TestSecondApplication/openwhisk":     "names of triggers that are the package's own",
}
