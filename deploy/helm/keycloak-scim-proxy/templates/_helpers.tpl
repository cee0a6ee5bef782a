{{- define "keycloak-scim-proxy.name" -}}
{{- default "keycloak-scim-proxy" .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* The suffixes -metrics, -tenants and -test-service must fit into 63 characters. */}}
{{- define "keycloak-scim-proxy.fullname" -}}
{{- $name := include "keycloak-scim-proxy.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 48 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 48 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 48 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "keycloak-scim-proxy.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "keycloak-scim-proxy.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: keycloak-scim-proxy
{{- end }}

{{/* The labels by which other objects find the pods. They must not change in an upgrade. */}}
{{- define "keycloak-scim-proxy.selector" -}}
app.kubernetes.io/name: {{ include "keycloak-scim-proxy.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* The labels of the pods of the proxy, which the pods of helm test do not have. */}}
{{- define "keycloak-scim-proxy.pods" -}}
{{ include "keycloak-scim-proxy.selector" . }}
app.kubernetes.io/component: proxy
{{- end }}

{{- define "keycloak-scim-proxy.serviceAccount" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "keycloak-scim-proxy.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- define "keycloak-scim-proxy.image" -}}
{{- with .Values.image.registry }}{{ . }}/{{ end }}{{ .Values.image.repository }}
{{- if .Values.image.digest }}@{{ .Values.image.digest }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- end }}

{{- define "keycloak-scim-proxy.httpPort" -}}
{{ .Values.ports.http | default (ternary 8081 8080 (eq .Values.mode "sidecar")) | int }}
{{- end }}

{{- define "keycloak-scim-proxy.adminPort" -}}
{{ .Values.ports.admin | default 9090 | int }}
{{- end }}

{{- define "keycloak-scim-proxy.tenantsConfigMap" -}}
{{ .Values.existingTenantsConfigMap | default (printf "%s-tenants" (include "keycloak-scim-proxy.fullname" .)) }}
{{- end }}

{{/* The main file of the proxy. */}}
{{- define "keycloak-scim-proxy.config" -}}
{{- include "keycloak-scim-proxy.check" . }}
{{- $c := deepCopy .Values.config }}
{{- $_ := set $c "listen" (printf ":%s" (include "keycloak-scim-proxy.httpPort" .)) }}
{{- $_ := set $c "adminListen" (printf ":%s" (include "keycloak-scim-proxy.adminPort" .)) }}
{{- $_ := set $c "tenantsDir" "/etc/scim-proxy/tenants" }}
{{- toYaml $c }}
{{- end }}

{{/* The file of one tenant: (dict "name" NAME "tenant" VALUES). */}}
{{- define "keycloak-scim-proxy.tenant" -}}
{{- $t := deepCopy .tenant }}
{{- $_ := set $t "tenant" .name }}
{{- if not (or $t.serviceAccount.secretFile $t.serviceAccount.secretEnv) }}
{{- $_ := set $t.serviceAccount "secretFile" (printf "/etc/scim-proxy/tenant-secrets/%s" .name) }}
{{- end }}
{{- toYaml $t }}
{{- end }}
