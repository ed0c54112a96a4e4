// Records what the parser of Kubernetes makes of YAML, for go-parser.test.ts: recorded.json is its output for
// sigs.k8s.io/yaml v1.6.0 (go.yaml.in/yaml/v2 v2.4.4).
package main

import (
	"bufio"
	"encoding/json"
	"os"

	"sigs.k8s.io/yaml"
)

// stdin: one JSON string a line; stdout: one {"json": "..."} or {"error": "..."} a line
func main() {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(make([]byte, 1<<26), 1<<26)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	enc := json.NewEncoder(out)
	for in.Scan() {
		var text string
		if err := json.Unmarshal(in.Bytes(), &text); err != nil {
			panic(err)
		}
		j, err := yaml.YAMLToJSON([]byte(text))
		if err != nil {
			enc.Encode(map[string]string{"error": err.Error()})
		} else {
			enc.Encode(map[string]string{"json": string(j)})
		}
	}
}
