// Command native is an action behind a loop like that of OpenWhisk's launcher
// for Go, which decodes a request to a map, puts its members beside the value
// into the environment, and encodes the map that the action returns.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strings"
)

// Main is the action.
func Main(params map[string]any) map[string]any {
	if _, ok := params["cloudevent"].(map[string]any); !ok {
		return map[string]any{"error": "no CloudEvent"}
	}
	return map[string]any{}
}

func main() {
	out := os.NewFile(3, "answers")
	if os.Getenv("__OW_WAIT_FOR_ACK") != "" {
		fmt.Fprintln(out, `{"ok":true}`)
	}
	for in := bufio.NewReader(os.Stdin); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		answer, err := answer(line)
		if err != nil {
			log.Print(err)
			answer = fmt.Appendf(nil, `{"error":%q}`, err.Error())
		}
		fmt.Fprintf(out, "%s\n", bytes.ReplaceAll(answer, []byte("\n"), nil))
	}
}

func answer(line []byte) ([]byte, error) {
	var request map[string]any
	if err := json.Unmarshal(line, &request); err != nil {
		return nil, err
	}
	for name, value := range request {
		if text, ok := value.(string); ok && name != "value" {
			if err := os.Setenv("__OW_"+strings.ToUpper(name), text); err != nil {
				return nil, err
			}
		}
	}
	params, _ := request["value"].(map[string]any)
	return json.Marshal(Main(params))
}
