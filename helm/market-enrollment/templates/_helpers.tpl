{{- define "enrollment.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: enrollment
app.kubernetes.io/part-of: authentik-flow-operator
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "enrollment.metadata" -}}
{{- $root := index . 0 -}}
metadata:
  name: {{ index . 1 | quote }}
  namespace: {{ $root.Release.Namespace | quote }}
  labels:
    {{- include "enrollment.labels" $root | nindent 4 }}
{{- end }}

{{- /* The name of the Kubernetes object for something in Authentik, which allows more than Kubernetes does. */}}
{{- define "enrollment.objectName" -}}
{{- regexReplaceAll "[^a-z0-9.-]+" (lower .) "-" | trunc 253 | trimAll "-." }}
{{- end }}

{{- /* For a spec; begins a line of its own, or is nothing. */}}
{{- define "enrollment.connectionRef" -}}
{{- with .Values.authentik.connectionRef }}
  connectionRef:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{- /* Names in Authentik of the stages that this release declares, by role. */}}
{{- define "enrollment.stageNames" -}}
{{- $r := .Values.registration }}
{{- $prompt := $r.reuseSharedStages | ternary "default-source-enrollment-prompt" (printf "%s-prompt" $r.slug) }}
{{- $write := $r.reuseSharedStages | ternary "default-source-enrollment-write" (printf "%s-write" $r.slug) }}
identification: {{ .Values.login.identificationStage | quote }}
prompt: {{ $r.stageNames.prompt | default $prompt | quote }}
write: {{ $r.stageNames.write | default $write | quote }}
{{- if .Values.email.enabled }}
email: {{ $r.stageNames.email | quote }}
{{- end }}
{{- if $r.autoLogin }}
login: {{ $r.stageNames.login | default (printf "%s-login" $r.slug) | quote }}
{{- end }}
redirect: {{ $r.stageNames.redirect | quote }}
{{- end }}

{{- /* Names in Authentik of the policies that this release declares. */}}
{{- define "enrollment.passwordPolicyName" -}}
{{- printf "%s-password" .Values.registration.slug }}
{{- end }}

{{- define "enrollment.withoutNextName" -}}
{{- printf "%s-without-next" .Values.registration.slug }}
{{- end }}

{{- define "enrollment.redirectTarget" -}}
{{- printf "%s/%s" (trimSuffix "/" .Values.market.url) (trimPrefix "/" .Values.market.loginPath) }}
{{- end }}

{{- define "enrollment.callbackURL" -}}
{{- printf "%s/%s" (trimSuffix "/" .Values.market.url) (trimPrefix "/" .Values.market.callbackPath) }}
{{- end }}
