package payload

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Activation returns a line of the ActionLoop protocol with the CloudEvent of
// an order that fires a trigger, its end included. The order has as many lines
// as fit into the size in bytes, which a comment fills up.
func Activation(size int) ([]byte, error) {
	deadline := fmt.Sprint(time.Now().Add(time.Hour).UnixMilli())
	line := func(order string) string {
		return `{"action_name":"/acme/shop/confirm","action_version":"0.0.7","activation_id":"44794bd6aab74415b4e42a308d880e5b",` +
			`"deadline":"` + deadline + `","namespace":"acme","transaction_id":"gQJDSwLvqzxPXuZMnMzZ0DQlXd4mGdlj",` +
			`"api_host":"https://openwhisk","api_key":"a7f4b2c8-3d1e-4f60-9b5a-6c7d8e9f0a1b:k3Jd9s",` +
			`"value":{"cloudevent":{"specversion":"1.0","id":"8476a536-e9f4","source":"/shop","type":"` + EventType + `","datacontenttype":"application/json","data":` + order + "}}}\n"
	}
	order := func(lines []string, comment int) string {
		return `{"id":"17","total":4200,"lines":[` + strings.Join(lines, ",") + `],"comment":"` + strings.Repeat("x", comment) + `"}`
	}
	var lines []string
	for {
		more := append(lines, fmt.Sprintf(`{"article":"apple %d","count":%d}`, len(lines), 1+len(lines)%9))
		if len(line(order(more, 0))) > size {
			break
		}
		lines = more
	}
	left := size - len(line(order(lines, 0)))
	if len(lines) == 0 {
		return nil, fmt.Errorf("an activation of %d bytes has no room for an order", size)
	}
	made := []byte(line(order(lines, left)))
	if len(made) != size || !json.Valid(made) {
		return nil, fmt.Errorf("an activation of %d bytes is made wrong: %s", size, made)
	}
	return made, nil
}
