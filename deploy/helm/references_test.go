package helm_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// Every name that a manifest refers to exists: among the manifests, or in the values, because it
// exists already.
func TestReferences(t *testing.T) {
	for name, values := range ciFiles(t) {
		t.Run(name, func(t *testing.T) {
			all := manifests(t, values)
			said, err := os.ReadFile(filepath.Join(chartDir, "ci", name+"-values.yaml"))
			if err != nil {
				t.Fatal(err)
			}
			r := references{t, all, string(said)}
			for _, d := range find[*apps.Deployment](all) {
				if !includes(d.Spec.Template.Labels, d.Spec.Selector.MatchLabels) {
					t.Error("the Deployment does not select its own pods")
				}
				r.pod(d.Spec.Template.Spec)
				r.selectors(d.Spec.Template)
			}
			for _, p := range find[*core.Pod](all) {
				r.pod(p.Spec)
			}
			r.routes()
			r.monitors()
		})
	}
}

type references struct {
	t    *testing.T
	all  []manifest
	said string // the values as text
}

// exists checks that an object is rendered, or that the values name it.
func (r references) exists(kind, name string) {
	r.t.Helper()
	rendered := slices.ContainsFunc(r.all, func(m manifest) bool { return m.kind == kind && m.name == name })
	if !rendered && (name == "" || !strings.Contains(r.said, name)) {
		r.t.Errorf("there is no %s %s", kind, name)
	}
}

func (r references) pod(p core.PodSpec) {
	r.t.Helper()
	if p.ServiceAccountName != "" {
		r.exists("ServiceAccount", p.ServiceAccountName)
	}
	volumes := map[string]bool{}
	for _, v := range p.Volumes {
		volumes[v.Name] = true
		switch {
		case v.ConfigMap != nil:
			r.exists("ConfigMap", v.ConfigMap.Name)
		case v.Secret != nil:
			r.exists("Secret", v.Secret.SecretName)
		case v.PersistentVolumeClaim != nil:
			r.exists("PersistentVolumeClaim", v.PersistentVolumeClaim.ClaimName)
		default:
			r.t.Errorf("the volume %s has no source", v.Name)
		}
	}
	for _, c := range append(slices.Clone(p.Containers), p.InitContainers...) {
		paths := map[string]bool{}
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				r.t.Errorf("%s mounts %s, which is not a volume", c.Name, m.Name)
			}
			if paths[m.MountPath] || m.SubPath != "" {
				r.t.Errorf("%s: the mount %s is there twice, or is never updated", c.Name, m.MountPath)
			}
			paths[m.MountPath] = true
		}
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				r.exists("Secret", e.ValueFrom.SecretKeyRef.Name)
			}
		}
		for _, probe := range []*core.Probe{c.StartupProbe, c.LivenessProbe, c.ReadinessProbe} {
			if probe != nil && !hasPort(p, probe.HTTPGet.Port) {
				r.t.Errorf("%s: there is no port %s", c.Name, probe.HTTPGet.Port.String())
			}
		}
	}
}

func hasPort(p core.PodSpec, port intstr.IntOrString) bool {
	for _, c := range p.Containers {
		for _, candidate := range c.Ports {
			if candidate.Name == port.StrVal || candidate.ContainerPort == port.IntVal {
				return true
			}
		}
	}
	return false
}

func includes(labels, wanted map[string]string) bool {
	for k, v := range wanted {
		if labels[k] != v {
			return false
		}
	}
	return len(wanted) > 0
}

// selectors checks that everything that selects pods selects those of the proxy, and not those of
// helm test, which would get requests.
func (r references) selectors(pods core.PodTemplateSpec) {
	r.t.Helper()
	selectors := map[string]map[string]string{}
	for _, s := range find[*core.Service](r.all) {
		selectors["Service "+s.Name] = s.Spec.Selector
		for _, port := range s.Spec.Ports {
			if !hasPort(pods.Spec, port.TargetPort) {
				r.t.Errorf("Service %s: no container has the port %s", s.Name, port.TargetPort.String())
			}
		}
	}
	for _, p := range find[*policy.PodDisruptionBudget](r.all) {
		selectors["PodDisruptionBudget"] = p.Spec.Selector.MatchLabels
	}
	for _, p := range find[*networking.NetworkPolicy](r.all) {
		selectors["NetworkPolicy"] = p.Spec.PodSelector.MatchLabels
		for _, rule := range p.Spec.Ingress {
			for _, port := range rule.Ports {
				if !hasPort(pods.Spec, *port.Port) {
					r.t.Errorf("NetworkPolicy: no container has the port %s", port.Port.String())
				}
			}
		}
	}
	for _, c := range pods.Spec.TopologySpreadConstraints {
		selectors["topologySpreadConstraints "+c.TopologyKey] = c.LabelSelector.MatchLabels
	}
	for what, selector := range selectors {
		if !includes(pods.Labels, selector) {
			r.t.Errorf("%s selects %v, but the pods have %v", what, selector, pods.Labels)
		}
		for _, p := range find[*core.Pod](r.all) {
			if includes(p.Labels, selector) {
				r.t.Errorf("%s selects the pod %s", what, p.Name)
			}
		}
	}
	for _, h := range find[*autoscaling.HorizontalPodAutoscaler](r.all) {
		r.exists(h.Spec.ScaleTargetRef.Kind, h.Spec.ScaleTargetRef.Name)
		if d := one[*apps.Deployment](r.t, r.all); d.Spec.Replicas != nil {
			r.t.Error("the Deployment sets replicas, which the autoscaler changes")
		}
	}
}

// backend checks a Service and its port. Other Services must be named in the values.
func (r references) backend(name string, port int32) {
	r.t.Helper()
	for _, s := range find[*core.Service](r.all) {
		if s.Name == name {
			if !slices.ContainsFunc(s.Spec.Ports, func(p core.ServicePort) bool { return p.Port == port }) {
				r.t.Errorf("Service %s has no port %d", name, port)
			}
			if strings.HasSuffix(name, "-metrics") {
				r.t.Error("a route leads to the admin port")
			}
			return
		}
	}
	r.exists("Service", name)
}

func (r references) routes() {
	r.t.Helper()
	for _, h := range find[*gateway.HTTPRoute](r.all) {
		for _, rule := range h.Spec.Rules {
			for _, b := range rule.BackendRefs {
				r.backend(string(b.Name), *b.Port)
			}
		}
	}
	for _, i := range find[*networking.Ingress](r.all) {
		for _, rule := range i.Spec.Rules {
			for _, p := range rule.HTTP.Paths {
				r.backend(p.Backend.Service.Name, p.Backend.Service.Port.Number)
			}
		}
	}
}

func (r references) monitors() {
	r.t.Helper()
	for _, m := range find[*monitoring.ServiceMonitor](r.all) {
		for _, e := range m.Spec.Endpoints {
			found := 0
			for _, s := range find[*core.Service](r.all) {
				if includes(s.Labels, m.Spec.Selector.MatchLabels) && slices.ContainsFunc(s.Spec.Ports, func(p core.ServicePort) bool { return p.Name == e.Port }) {
					found++
				}
			}
			if found != 1 {
				r.t.Errorf("%d Services have the port %s of the ServiceMonitor", found, e.Port)
			}
		}
	}
}
