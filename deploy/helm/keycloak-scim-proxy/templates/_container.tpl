{{/* The container of the proxy: the only one of the Deployment, or a sidecar of Keycloak. */}}
{{- define "keycloak-scim-proxy.container" -}}
name: scim-proxy
image: {{ include "keycloak-scim-proxy.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args:
  - serve
  {{- with .Values.extraArgs }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: scim
    containerPort: {{ include "keycloak-scim-proxy.httpPort" . }}
    protocol: TCP
  - name: scim-admin
    containerPort: {{ include "keycloak-scim-proxy.adminPort" . }}
    protocol: TCP
env:
  - name: SCIM_PROXY_CONFIG
    value: /etc/scim-proxy/config/config.yaml
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .Values.extraEnvFrom }}
envFrom:
  {{- toYaml . | nindent 2 }}
{{- end }}
startupProbe:
  httpGet: {path: /healthz, port: scim-admin}
  {{- toYaml .Values.startupProbe | nindent 2 }}
livenessProbe:
  httpGet: {path: /healthz, port: scim-admin}
  {{- toYaml .Values.livenessProbe | nindent 2 }}
{{- /* A sidecar has none: if its store is down, Keycloak must still serve sign-ins. */}}
{{- if ne .Values.mode "sidecar" }}
readinessProbe:
  httpGet: {path: /readyz, port: scim-admin}
  {{- toYaml .Values.readinessProbe | nindent 2 }}
{{- end }}
{{- if .Values.preStopSeconds }}
lifecycle:
  preStop:
    sleep: {seconds: {{ int .Values.preStopSeconds }}}
{{- end }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
securityContext:
  {{- $context := deepCopy .Values.containerSecurityContext }}
  {{- if eq .Values.mode "sidecar" }}
  {{- $context = merge $context (pick .Values.podSecurityContext "runAsUser" "runAsGroup") }}
  {{- end }}
  {{- toYaml $context | nindent 2 }}
volumeMounts:
  {{- include "keycloak-scim-proxy.mounts" . | nindent 2 }}
  {{- if .Values.config.store.embedded }}
  - name: scim-store
    mountPath: /var/lib/scim-proxy
  {{- end }}
  {{- with .Values.extraVolumeMounts }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{- define "keycloak-scim-proxy.mounts" -}}
- name: scim-config
  mountPath: /etc/scim-proxy/config
  readOnly: true
- name: scim-tenants
  mountPath: /etc/scim-proxy/tenants
  readOnly: true
{{- if .Values.tenantSecrets.existingSecret }}
- name: scim-tenant-secrets
  mountPath: /etc/scim-proxy/tenant-secrets
  readOnly: true
{{- end }}
{{- range $name, $_ := .Values.secretMounts }}
- name: scim-secret-{{ $name }}
  mountPath: /etc/scim-proxy/secrets/{{ $name }}
  readOnly: true
{{- end }}
{{- end }}

{{/* The volumes of the configuration. No file is mounted by subPath, which is never updated. In the
pod of Keycloak there may be no fsGroup, so the files of Secrets must be readable by all users of
the container. */}}
{{- define "keycloak-scim-proxy.volumes" -}}
{{- $mode := ternary 292 288 (eq .Values.mode "sidecar") -}}
- name: scim-config
  configMap:
    name: {{ include "keycloak-scim-proxy.fullname" . }}
- name: scim-tenants
  configMap:
    name: {{ include "keycloak-scim-proxy.tenantsConfigMap" . }}
{{- with .Values.tenantSecrets.existingSecret }}
- name: scim-tenant-secrets
  secret:
    secretName: {{ . }}
    defaultMode: {{ $mode }}
{{- end }}
{{- range $name, $m := .Values.secretMounts }}
- name: scim-secret-{{ $name }}
  secret:
    secretName: {{ $m.secretName }}
    defaultMode: {{ $mode }}
    {{- with $m.items }}
    items:
      {{- toYaml . | nindent 6 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* For the pod template of Keycloak: lists of containers and of volumes. */}}
{{- define "keycloak-scim-proxy.sidecar.containers" -}}
{{- include "keycloak-scim-proxy.check" . -}}
- {{ include "keycloak-scim-proxy.container" . | nindent 2 | trim }}
{{- end }}

{{- define "keycloak-scim-proxy.sidecar.volumes" -}}
{{- include "keycloak-scim-proxy.volumes" . }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}
