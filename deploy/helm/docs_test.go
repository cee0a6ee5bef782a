package helm_test

import (
	"regexp"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
)

// Every example of values on docs/kubernetes.md renders, and every Secret of the first one, which
// the page goes through step by step, was created before.
func TestDocs(t *testing.T) {
	page := readText(t, "../../docs/kubernetes.md")
	blocks := regexp.MustCompile("(?ms)^( *)```yaml\n(.*?)^ *```$").FindAllStringSubmatch(page, -1)
	if len(blocks) != 5 {
		t.Fatalf("%d examples", len(blocks))
	}
	for i, block := range blocks {
		all := manifests(t, readValues(t, strings.ReplaceAll("\n"+block[2], "\n"+block[1], "\n")))
		if i > 0 {
			continue
		}
		for _, v := range one[*apps.Deployment](t, all).Spec.Template.Spec.Volumes {
			if v.Secret != nil && !strings.Contains(page, "create secret generic "+v.Secret.SecretName+" ") {
				t.Errorf("the page does not create the Secret %s", v.Secret.SecretName)
			}
		}
	}
}
