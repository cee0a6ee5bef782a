{{/* Refuses values that conform to the schema and cannot work together, with the reason. */}}
{{- define "keycloak-scim-proxy.check" -}}
{{- $v := .Values }}
{{- $embedded := $v.config.store.embedded }}
{{- if $embedded }}
  {{- if eq $v.mode "sidecar" }}
    {{- fail "config.store.embedded: a sidecar needs config.store.redis, because each pod of Keycloak would have a store of its own, and users would seem to be lost" }}
  {{- end }}
  {{- if or (gt (int $v.replicaCount) 1) $v.autoscaling.enabled }}
    {{- fail "config.store.embedded: the embedded store is a file that one process may open, so replicaCount must be 1 and autoscaling.enabled false; several replicas need config.store.redis" }}
  {{- end }}
  {{- if not (hasPrefix "/var/lib/scim-proxy/" $embedded.path) }}
    {{- fail "config.store.embedded.path must be below /var/lib/scim-proxy, where the volume is: everything else is read-only, or lost with the pod" }}
  {{- end }}
{{- end }}
{{- if and $v.tenants $v.existingTenantsConfigMap }}
  {{- fail "tenants and existingTenantsConfigMap: use one of them, because one directory has the files of all tenants" }}
{{- end }}
{{- range $name, $t := $v.tenants }}
  {{- if not (or $t.serviceAccount.secretFile $t.serviceAccount.secretEnv $v.tenantSecrets.existingSecret) }}
    {{- fail (printf "tenants.%s: tenantSecrets.existingSecret is needed: its key %s has the client secret of this tenant" $name $name) }}
  {{- end }}
{{- end }}
{{- include "keycloak-scim-proxy.checkFiles" . }}
{{- if dig "timeouts" "drain" "" $v.config }}
  {{- fail "config.timeouts.drain: use preStopSeconds, which does the same and counts for terminationGracePeriodSeconds" }}
{{- end }}
{{- if lt (int $v.terminationGracePeriodSeconds) (add (int $v.preStopSeconds) 25) }}
  {{- fail (printf "terminationGracePeriodSeconds must be at least %d: preStopSeconds, 20 seconds in which running requests finish, and 5 to stop" (add (int $v.preStopSeconds) 25)) }}
{{- end }}
{{- if and $v.autoscaling.enabled (gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas)) }}
  {{- fail "autoscaling.minReplicas must not be above maxReplicas" }}
{{- end }}
{{- if and $v.podDisruptionBudget.enabled (toString $v.podDisruptionBudget.minAvailable) (toString $v.podDisruptionBudget.maxUnavailable) }}
  {{- fail "podDisruptionBudget: set minAvailable or maxUnavailable, and make the other one \"\"" }}
{{- end }}
{{- if and $v.metrics.serviceMonitor.enabled $v.networkPolicy.enabled (not $v.networkPolicy.admin.from) (eq $v.mode "standalone") }}
  {{- fail "networkPolicy.admin.from: name the peers of the admin port, such as the namespace of Prometheus, because the ServiceMonitor could not be scraped" }}
{{- end }}
{{- include "keycloak-scim-proxy.checkRoutes" . }}
{{- if eq $v.mode "sidecar" }}
  {{- if not (regexMatch "^https?://(127\\.0\\.0\\.1|localhost|\\[::1\\])(:|/|$)" $v.config.keycloak.url) }}
    {{- fail "config.keycloak.url: a sidecar calls Keycloak in its own pod, so use http://127.0.0.1:8080" }}
  {{- end }}
  {{- if not $v.sidecar.podLabels }}
    {{- fail "sidecar.podLabels: the labels of Keycloak's pods are needed, so that the Service finds the sidecar" }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "keycloak-scim-proxy.checkRoutes" -}}
{{- $v := .Values }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
  {{- fail "httpRoute.parentRefs: name the Gateway" }}
{{- end }}
{{- if $v.ingress.enabled }}
  {{- if not $v.routing.hosts }}
    {{- fail "routing.hosts: name the host, because an Ingress without one would take the paths of every host" }}
  {{- end }}
  {{- if and (dig "dropIn" "enabled" false $v.config) (not $v.routing.realms) (not $v.ingress.regex) }}
    {{- fail "routing.realms: name the realms with drop-in clients, because a plain path of an Ingress has no wildcard; or set ingress.regex, with the annotations that your controller needs for it" }}
  {{- end }}
  {{- if $v.routing.keycloak.namespace }}
    {{- fail "routing.keycloak.namespace: an Ingress cannot name a Service of another namespace; use httpRoute, or leave routing.keycloak empty and make Keycloak's own Ingress" }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Every file of a secret that the configuration names must be mounted. */}}
{{- define "keycloak-scim-proxy.checkFiles" -}}
{{- $v := .Values }}
{{- $c := $v.config }}
{{- $files := list (dig "keycloak" "caFile" "" $c) (dig "keycloak" "certFile" "" $c) (dig "keycloak" "keyFile" "" $c) }}
{{- $files = concat $files (list (dig "tls" "certFile" "" $c) (dig "tls" "keyFile" "" $c) (dig "tls" "clientCAFile" "" $c)) }}
{{- with $c.store.redis }}
  {{- $files = concat $files (list (.passwordFile | default "") (dig "tls" "caFile" "" .) (dig "tls" "certFile" "" .) (dig "tls" "keyFile" "" .)) }}
  {{- with .sentinel }}
    {{- $files = concat $files (list (.passwordFile | default "") (dig "tls" "caFile" "" .) (dig "tls" "certFile" "" .) (dig "tls" "keyFile" "" .)) }}
  {{- end }}
{{- end }}
{{- with $c.store.encryption }}
  {{- $files = concat $files .keyFiles }}
{{- end }}
{{- range $name, $t := $v.tenants }}
  {{- $files = append $files ($t.serviceAccount.secretFile | default "") }}
{{- end }}
{{- range $files }}
  {{- if hasPrefix "/etc/scim-proxy/secrets/" . }}
    {{- $mount := index (splitList "/" .) 4 }}
    {{- if not (hasKey $v.secretMounts $mount) }}
      {{- fail (printf "the configuration names %s, but secretMounts has no %s" . $mount) }}
    {{- end }}
  {{- else if hasPrefix "/etc/scim-proxy/tenant-secrets/" . }}
    {{- if not $v.tenantSecrets.existingSecret }}
      {{- fail (printf "the configuration names %s, but tenantSecrets.existingSecret is empty" .) }}
    {{- end }}
  {{- else if . }}
    {{- $found := false }}
    {{- $file := . }}
    {{- range $v.extraVolumeMounts }}
      {{- if hasPrefix .mountPath $file }}{{ $found = true }}{{ end }}
    {{- end }}
    {{- if not $found }}
      {{- fail (printf "the configuration names %s, which is in no volume: use /etc/scim-proxy/secrets/NAME/KEY and secretMounts" .) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}
