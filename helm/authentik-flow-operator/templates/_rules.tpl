{{- define "operator.kinds" -}}
- authentikconnections
- authentikflows
- authentikpolicies
- authentikprompts
- authentikstages
- enrollmentbindings
{{- end }}

{{- /* What the operator may do where it watches. No wildcard, no deletion of our kinds, no writing of their specs beyond the finalizer. */}}
{{- define "operator.rules" -}}
- apiGroups: [authentik.oceanenterprise.io]
  resources:
    {{- include "operator.kinds" . | nindent 4 }}
  # patch: the finalizer.
  verbs: [get, list, watch, patch]
- apiGroups: [authentik.oceanenterprise.io]
  resources:
    {{- range include "operator.kinds" . | fromYamlArray }}
    - {{ . }}/status
    {{- end }}
  verbs: [update]
- apiGroups: [""]
  resources: [secrets]
  {{- with .Values.rbac.secretNames }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  # list and watch: a watch of one Secret, by field selector.
  verbs: [get, list, watch]
- apiGroups: [""]
  # Those with CA certificates are read; those for the market are written, and removed when their name changes.
  resources: [configmaps]
  verbs: [get, list, watch, create, update, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
