package helm_test

import (
	"regexp"
	"slices"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
)

// Every pod meets the profile "restricted" of the Pod Security Standards, and has nothing that it
// does not need.
func TestSecurity(t *testing.T) {
	for name, values := range ciFiles(t) {
		all := manifests(t, values)
		pods := map[string]core.PodSpec{}
		for _, d := range find[*apps.Deployment](all) {
			pods[d.Name] = d.Spec.Template.Spec
		}
		for _, p := range find[*core.Pod](all) {
			pods[p.Name] = p.Spec
		}
		for pod, spec := range pods {
			if wrong := restricted(spec); len(wrong) > 0 {
				t.Errorf("%s: %s: %q", name, pod, wrong)
			}
		}
		for _, a := range find[*core.ServiceAccount](all) {
			if a.AutomountServiceAccountToken == nil || *a.AutomountServiceAccountToken {
				t.Errorf("%s: a token of the service account is mounted", name)
			}
		}
	}
}

func restricted(p core.PodSpec) (wrong []string) {
	check := func(good bool, what string) {
		if !good {
			wrong = append(wrong, what)
		}
	}
	check(p.AutomountServiceAccountToken != nil && !*p.AutomountServiceAccountToken, "a token of the service account is mounted")
	check(p.EnableServiceLinks != nil && !*p.EnableServiceLinks, "variables of all Services")
	check(!p.HostNetwork && !p.HostPID && !p.HostIPC, "namespaces of the node")
	s := p.SecurityContext
	check(s != nil && s.RunAsNonRoot != nil && *s.RunAsNonRoot && *s.RunAsUser != 0, "may be root")
	check(s != nil && s.SeccompProfile != nil && s.SeccompProfile.Type == core.SeccompProfileTypeRuntimeDefault, "no seccomp profile")
	for _, c := range p.Containers {
		wrong = append(wrong, restrictedContainer(c)...)
	}
	for _, v := range p.Volumes {
		if v.Secret != nil {
			check(*v.Secret.DefaultMode&0o007 == 0, "all users can read "+v.Name)
		}
		check(v.HostPath == nil, "a path of the node")
	}
	return wrong
}

func restrictedContainer(c core.Container) (wrong []string) {
	s := c.SecurityContext
	if s == nil {
		return []string{"no security context"}
	}
	check := func(good bool, what string) {
		if !good {
			wrong = append(wrong, c.Name+": "+what)
		}
	}
	check(s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation, "more privileges")
	check(s.ReadOnlyRootFilesystem != nil && *s.ReadOnlyRootFilesystem, "the root file system can be written")
	check(s.RunAsNonRoot != nil && *s.RunAsNonRoot, "may be root")
	check(s.Capabilities != nil && slices.Equal(s.Capabilities.Drop, []core.Capability{"ALL"}) && len(s.Capabilities.Add) == 0, "capabilities")
	check(!c.Resources.Limits.Memory().IsZero() && !c.Resources.Requests.Cpu().IsZero(), "no bounds of resources")
	for _, m := range c.VolumeMounts {
		check(m.ReadOnly || m.MountPath == "/var/lib/scim-proxy", "can write "+m.MountPath)
	}
	return wrong
}

// By default no pod reaches the admin port, and everyone the SCIM port. No Service leads to the
// admin port unless a ServiceMonitor needs one.
func TestAdminPort(t *testing.T) {
	all := manifests(t, ciFiles(t)["embedded"])
	p := one[*networking.NetworkPolicy](t, all)
	if len(p.Spec.Ingress) != 1 || len(p.Spec.Ingress[0].Ports) != 1 || p.Spec.Ingress[0].Ports[0].Port.StrVal != "scim" || len(p.Spec.Ingress[0].From) != 0 {
		t.Errorf("%+v", p.Spec.Ingress)
	}
	for _, s := range find[*core.Service](all) {
		for _, port := range s.Spec.Ports {
			if port.TargetPort.StrVal != "scim" {
				t.Errorf("Service %s leads to %s", s.Name, port.TargetPort.StrVal)
			}
		}
	}
	monitored := manifests(t, ciFiles(t)["monitoring"])
	p = one[*networking.NetworkPolicy](t, monitored)
	if len(p.Spec.Ingress) != 2 || p.Spec.Ingress[1].Ports[0].Port.StrVal != "scim-admin" || len(p.Spec.Ingress[1].From) != 1 {
		t.Errorf("%+v", p.Spec.Ingress)
	}
}

// A pod that ends has time for everything that it does then: the program waits for running requests
// for the time in proxy/run.go.
func TestGracePeriod(t *testing.T) {
	drain := number(t, "../../proxy/run.go", `(?m)^const grace = (\d+) \* time\.Second$`)
	d := one[*apps.Deployment](t, manifests(t, ciFiles(t)["embedded"]))
	spec := d.Spec.Template.Spec
	sleep := spec.Containers[0].Lifecycle.PreStop.Sleep.Seconds
	if least := sleep + drain + 5; *spec.TerminationGracePeriodSeconds < least {
		t.Errorf("the grace period is %d s, but must be %d s at least", *spec.TerminationGracePeriodSeconds, least)
	}
	if said := number(t, chartDir+"/templates/_check.tpl", `\(int \$v\.preStopSeconds\) (\d+)\)`); said != drain+5 {
		t.Errorf("_check.tpl allows %d s, but the program needs %d s", said, drain+5)
	}
}

// The main file restarts the pods, tenants do not: the program reads them again.
func TestChecksum(t *testing.T) {
	checksum := func(change string) string {
		values := readValues(t, base+"tenantSecrets: {existingSecret: s}\n"+change)
		return one[*apps.Deployment](t, manifests(t, values)).Spec.Template.Annotations["checksum/config"]
	}
	first := checksum("")
	if first == "" || checksum("ports: {http: 8081}\n") == first {
		t.Error("a changed main file does not restart the pods")
	}
	if checksum("tenants: {acme: {realm: r, serviceAccount: {clientID: c}}}\n") != first {
		t.Error("a changed tenant restarts the pods")
	}
}

func number(t *testing.T, file, pattern string) int64 {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(readText(t, file))
	if found == nil {
		t.Fatalf("%s has no %s: change this test with it", file, pattern)
	}
	return atoi(t, found[1])
}
