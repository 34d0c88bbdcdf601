// Command openwhisk-hand is an action behind the loop of OpenWhisk's launcher
// for Go: a request becomes a map, its texts beside the value become variables
// of the environment, and the map that the action returns becomes the answer.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
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
	fmt.Fprintln(out, `{"ok":true}`)
	for in := bufio.NewReader(os.Stdin); ; {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return
		}
		var request map[string]any
		_ = json.Unmarshal(line, &request) // Main sees what is missing
		for name, value := range request {
			if text, ok := value.(string); ok {
				os.Setenv("__OW_"+strings.ToUpper(name), text)
			}
		}
		params, _ := request["value"].(map[string]any)
		answer, _ := json.Marshal(Main(params))
		fmt.Fprintf(out, "%s\n", answer)
	}
}
