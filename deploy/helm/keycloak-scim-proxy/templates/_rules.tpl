{{/* The series of this release, as labels of PromQL. */}}
{{- define "keycloak-scim-proxy.series" -}}
{{- .Values.metrics.prometheusRule.selector | default (printf "namespace=%q,job=\"%s-metrics\"" .Release.Namespace (include "keycloak-scim-proxy.fullname" .)) }}
{{- end }}

{{/* The groups of files/rules, with the values in place of what the files have for all. */}}
{{- define "keycloak-scim-proxy.rules" -}}
{{- $v := .Values.metrics.prometheusRule }}
{{- $groups := list }}
{{- $names := list }}
{{- range $path, $_ := .Files.Glob "files/rules/*.yaml" }}
  {{- $text := $.Files.Get $path
    | replace "job=\"keycloak-scim-proxy\"" (include "keycloak-scim-proxy.series" $)
    | replace " * 0.01" (printf " * %v" $v.errorBudget)
    | replace " * 0.05" (printf " * %v" $v.slowBudget)
    | replace "for: 7d" (printf "for: %s" $v.stagedFor)
    | replace "docs/runbooks.md" $v.runbooks }}
  {{- range (fromYaml $text).groups }}
    {{- $rules := list }}
    {{- range .rules }}
      {{- $names = append $names .alert }}
      {{- if not (has .alert $v.disabled) }}
        {{- $rules = append $rules . }}
      {{- end }}
    {{- end }}
    {{- if $rules }}
      {{- $groups = append $groups (set . "rules" $rules) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- range $v.disabled }}
  {{- if not (has . $names) }}
    {{- fail (printf "metrics.prometheusRule.disabled: there is no alert %s; docs/runbooks.md has all of them" .) }}
  {{- end }}
{{- end }}
{{- toYaml $groups }}
{{- end }}
