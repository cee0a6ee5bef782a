package scimclient

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Text is a value of an answer as JSON, for messages. Of a nil value it is "absent".
func Text(v any) string {
	if v == nil {
		return "absent"
	}
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(text.String())
}
