package docs

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fngen/fngen/internal/testkit/whisk"
)

// What docs/deploy.md shows of OpenWhisk is what fngen prints.
func TestDeploy(t *testing.T) {
	if testing.Short() {
		t.Skip("builds programs")
	}
	shown := of(blocks(t, "docs/deploy.md"), "console")
	app := t.TempDir()
	controller := whisk.Start(t)
	write(t, app, "go.mod", "module example.com/shop\n\ngo 1.26.0\n\nrequire github.com/fngen/fngen v0.0.0\n\nreplace github.com/fngen/fngen => "+repo(t)+"\n")
	write(t, app, "go.sum", read(t, repo(t), "go.sum"))
	write(t, app, "wskprops", controller.Props())
	write(t, app, "shop.go", "package shop\n\nimport (\n\t\"context\"\n\t\"net/http\"\n)\n\n//fn:queue orders\n//fn:sink topic:confirmed type=com.example.confirmed\nfunc Confirm(_ context.Context, order string) (string, error) { return order, nil }\n\n//fn:http GET /orders/{id}\nfunc Look(http.ResponseWriter, *http.Request) {}\n")
	env := []string{installed(t), "WSK_CONFIG_FILE=" + filepath.Join(app, "wskprops"),
		"ORDERS_BROKERS=kafka-1.example:9092", "REQUIRE_WHISK_AUTH=only-our-callers"}
	fngen := func(arguments string) string {
		return strings.ReplaceAll(sh(t, app, env, "fngen "+arguments+" 2>&1"), controller.URL, "https://ow.example")
	}
	// after is the output without the findings before it.
	after := func(text, from string) string {
		_, rest, _ := strings.Cut(text, from)
		return from + rest
	}
	want := strings.Replace(shown[0], "Deploy? [y/N] y\n", "", 1)
	if got := "$ fngen deploy --target=openwhisk\n" + after(fngen("deploy --target=openwhisk --yes"), "openwhisk: compiling"); got != want {
		t.Errorf("the document shows\n%sand it is\n%s", want, got)
	}
	write(t, app, "shop.go", strings.Replace(read(t, app, "shop.go"), "return order", `return "sure " + order`, 1))
	controller.AddRecord("1f", map[string]any{"activationId": "1f", "action": "shop/confirm", "start": time.Now().UnixMilli(), "statusCode": 0,
		"logs": []string{`2026-11-30T20:41:07.310Z stdout: {"time":"2026-11-30T20:41:07.31Z","level":"INFO","msg":"confirmed","order":"o-1"}`}})
	for _, c := range [][2]string{
		{"deploy --target=openwhisk --dry-run", "openwhisk: package"}, {"logs confirm --target=openwhisk --since 1h", "2026-11-30T20:"}, {"remove --target=openwhisk --dry-run", "openwhisk: package"},
	} {
		if got := "$ fngen " + c[0] + "\n" + after(fngen(c[0]), c[1]); !strings.Contains(shown[1], got) {
			t.Errorf("the document shows\n%sand it is\n%s", shown[1], got)
		}
	}
}
