package helm_test

import (
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// types returns an empty object for each kind that the chart may render. Secret is not among them:
// the chart uses existing ones only.
func types() map[string]any {
	return map[string]any{
		"apps/v1 Deployment":                      &apps.Deployment{},
		"autoscaling/v2 HorizontalPodAutoscaler":  &autoscaling.HorizontalPodAutoscaler{},
		"gateway.networking.k8s.io/v1 HTTPRoute":  &gateway.HTTPRoute{},
		"monitoring.coreos.com/v1 PrometheusRule": &monitoring.PrometheusRule{},
		"monitoring.coreos.com/v1 ServiceMonitor": &monitoring.ServiceMonitor{},
		"networking.k8s.io/v1 Ingress":            &networking.Ingress{},
		"networking.k8s.io/v1 NetworkPolicy":      &networking.NetworkPolicy{},
		"policy/v1 PodDisruptionBudget":           &policy.PodDisruptionBudget{},
		"v1 ConfigMap":                            &core.ConfigMap{},
		"v1 PersistentVolumeClaim":                &core.PersistentVolumeClaim{},
		"v1 Pod":                                  &core.Pod{},
		"v1 Service":                              &core.Service{},
		"v1 ServiceAccount":                       &core.ServiceAccount{},
	}
}
