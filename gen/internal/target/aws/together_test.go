package aws_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fngen/fngen/gen/internal/config"
	"github.com/fngen/fngen/gen/internal/model"
	"github.com/fngen/fngen/gen/internal/target/aws"
	"github.com/fngen/fngen/internal/testkit/cfn"
)

// An application whose template CloudFormation would refuse is refused before.
func TestTooLarge(t *testing.T) {
	target := aws.New(config.Sections{Target: &config.Settings{}})
	for n, want := range map[int]bool{60: false, 90: true} {
		var functions []model.Function
		for i := range n {
			functions = append(functions, model.Function{Name: fmt.Sprintf("f%02d", i), Trigger: model.Event{Type: fmt.Sprintf("t%d", i)}})
		}
		_, diagnostics, err := target.Infrastructure(model.App{Functions: functions})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(diagnostics) == 1 && strings.Contains(diagnostics[0].Message, "split the application"); got != want {
			t.Errorf("%d functions: %v", n, diagnostics)
		}
	}
}

// An application is not refused for the outputs of roles: it has them as long as all
// are no more than CloudFormation takes, and Terraform takes any number.
func TestRolesLeft(t *testing.T) {
	for n, want := range map[int]string{66: "", 67: "outputs-left", 100: "outputs-left", 101: "outputs-left application-size"} {
		app := model.App{Path: "example.com/shop"}
		for i := range n {
			app.Functions = append(app.Functions, model.Function{Name: fmt.Sprintf("f%02d", i), Trigger: model.HTTP{Path: "/"}})
		}
		files, diagnostics, err := aws.New(config.Sections{Target: &config.Settings{}}).Infrastructure(app)
		if err != nil || codes(diagnostics) != want {
			t.Errorf("%d functions: %v, %v", n, diagnostics, err)
		}
		template, err := cfn.Parse(files[0].Data)
		if err != nil {
			t.Fatal(err)
		}
		roles := 0
		for id := range template.Outputs {
			if template.Resources[id].Type == "AWS::IAM::Role" {
				roles++
			}
		}
		if roles != map[bool]int{true: n}[want == ""] {
			t.Errorf("%d functions: %d outputs of roles", n, roles)
		}
		if text := string(mainTF(t, ofTerraform, app)); strings.Count(text, "aws_iam_role.f") < 2*n || !strings.Contains(text, `output "roles"`) {
			t.Errorf("%d functions: main.tf has not all roles", n)
		}
	}
}
