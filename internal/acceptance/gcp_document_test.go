package acceptance

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// What Firestore encoded, as its emulator sent it, reaches the handler of the
// built artifact as a JSON document: every kind of value, in the portable form.
func TestGoogleDocument(t *testing.T) {
	repo, err := fngenModule()
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(repo, "providers", "gcp", "testdata", "firestore_document.pb"))
	if err != nil {
		t.Fatal(err)
	}
	const value = 1<<3 | 2 // field 1 of DocumentEventData, length-delimited: the document after the change
	body := append(binary.AppendUvarint([]byte{value}, uint64(len(document))), document...)

	f := startServer(t, "purchase", "Purchase")
	got := f.post(string(body), "Content-Type", "application/protobuf", "Ce-Specversion", "1.0", "Ce-Id", "6ad0a2ae",
		"Ce-Source", "//firestore.googleapis.com/projects/acme/databases/(default)", "Ce-Subject", "documents/orders/Z%C3%BCrich%2042",
		"Ce-Type", "google.cloud.firestore.document.v1.created", "Ce-Time", "2026-01-02T03:04:05.678901Z")
	if got.status != 204 {
		t.Fatalf("got %+v", got)
	}
	f.saw(seen{
		Type: "dev.fngen.document.created.v1", Source: "//firestore.googleapis.com/projects/acme/databases/(default)",
		Subject: "purchases/Z%C3%BCrich%2042", ID: "6ad0a2ae", Time: "2026-01-02T03:04:05.678901Z", DataContentType: "application/json",
		Extensions: map[string]any{"partitionkey": "Z%C3%BCrich%2042"},
		Data: `{"collection":"purchases","key":"Z%C3%BCrich%2042","before":null,"after":{"big":1e+21,"bytes":"AP8i","empty":"",` +
			`"epoch":"1970-01-01T00:00:00Z","half":0.5,"inf":"-Infinity","int":9007199254740993,"list":[1,{"a":"b"}],"map":{"a":{},"z":1},` +
			`"min":-9223372036854775808,"nan":"NaN","no":false,"none":[],"null":null,"null island":{"latitude":0,"longitude":0},` +
			`"point":{"latitude":52.5,"longitude":-13},"ref":"shops/berlin","text":"Zürcher <Käse>\u2028","time":"2026-01-02T03:04:05.678901Z",` +
			`"whole":3,"yes":true,"zero":0},"partial":false}`,
	})
}
