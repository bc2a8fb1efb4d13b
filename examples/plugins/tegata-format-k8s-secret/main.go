// tegata-format-k8s-secret: the credentials as the manifest of a Kubernetes Secret, in Go.
//
//	go build -o ~/.local/bin/tegata-format-k8s-secret .
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
)

const description = `{"event":"description","protocols":[1],"kind":"format","id":"k8s-secret",
"summary":"print the manifest of a Kubernetes Secret","options":{"properties":{
"secret_name":{"type":"string","description":"the name of the Secret","default":"aws-credentials"},
"namespace":{"type":"string","description":"the namespace of the Secret; left out, that of the context"}}}}`

type request struct {
	Protocol    int               `json:"protocol"`
	Request     string            `json:"request"`
	Options     map[string]string `json:"options"`
	Credentials map[string]string `json:"credentials"`
	Region      string            `json:"region"`
}

// A name as Kubernetes takes it (RFC 1123): nothing in it means anything in YAML.
var name = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)

func manifest(r request) (string, error) {
	metadata := []string{"name", r.Options["secret_name"]}
	if namespace, ok := r.Options["namespace"]; ok {
		metadata = append(metadata, "namespace", namespace)
	}
	lines := []string{"apiVersion: v1", "kind: Secret", "type: Opaque", "metadata:"}
	for i := 0; i < len(metadata); i += 2 {
		if !name.MatchString(metadata[i+1]) {
			return "", fmt.Errorf("%q is not a %s that Kubernetes takes", metadata[i+1], metadata[i])
		}
		lines = append(lines, fmt.Sprintf("  %s: %q", metadata[i], metadata[i+1]))
	}
	lines = append(lines, "data:")
	for _, entry := range [][2]string{
		{"AWS_ACCESS_KEY_ID", r.Credentials["accessKeyId"]},
		{"AWS_SECRET_ACCESS_KEY", r.Credentials["secretAccessKey"]},
		{"AWS_SESSION_TOKEN", r.Credentials["sessionToken"]},
		{"AWS_REGION", r.Region},
	} {
		lines = append(lines, fmt.Sprintf("  %s: %s", entry[0], base64.StdEncoding.EncodeToString([]byte(entry[1]))))
	}
	return strings.Join(lines, "\n") + "\n", nil
}

func main() {
	line, _ := bufio.NewReader(os.Stdin).ReadBytes('\n')
	var r request
	if err := json.Unmarshal(line, &r); err != nil || r.Protocol != 1 {
		fail("this is not a request of protocol 1")
	}
	switch r.Request {
	case "describe":
		fmt.Println(strings.ReplaceAll(description, "\n", ""))
	case "render":
		text, err := manifest(r)
		if err != nil {
			fail(err.Error())
		}
		say(map[string]string{"event": "output", "text": text, "mediaType": "application/yaml"})
	default:
		fail(r.Request + " is not a request that this program knows")
	}
}

func say(event map[string]string) {
	line, _ := json.Marshal(event)
	fmt.Println(string(line))
}

func fail(message string) {
	say(map[string]string{"event": "error", "code": "usage_invalid", "message": message})
	os.Exit(1)
}
