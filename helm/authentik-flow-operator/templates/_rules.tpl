{{- define "operator.kinds" -}}
- authentikconnections
- authentikflows
- authentikgroups
- authentikinvitations
- authentikpolicies
- authentikprompts
- authentikstages
- enrollmentbindings
- flowbindings
{{- end }}

{{- /* What the operator may do where it watches. No wildcard, no deletion of our kinds, no writing of their specs beyond the finalizer. */}}
{{- define "operator.rules" -}}
- apiGroups: [authentik.oceanenterprise.io]
  resources:
    {{- include "operator.kinds" . | nindent 4 }}
  # patch: the finalizer.
  verbs: [list, watch, patch]
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
  # CA certificates that a spec names.
  resources: [configmaps]
  verbs: [get, list, watch]
- apiGroups: [""]
  # What the market reads. What doesn't exist yet can't be named; the operator itself makes no others (--config-map-names).
  resources: [configmaps]
  verbs: [create]
- apiGroups: [""]
  resources: [configmaps]
  {{- with .Values.rbac.configMapNames }}
  resourceNames:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  verbs: [update, delete]
{{- with .Values.rbac.invitationSecretNames }}
- apiGroups: [""]
  # The links of invitations. What doesn't exist yet can't be named; the operator itself makes no others (--invitation-secret-names).
  resources: [secrets]
  verbs: [create]
- apiGroups: [""]
  resources: [secrets]
  resourceNames:
    {{- toYaml . | nindent 4 }}
  verbs: [get, list, watch, update, delete]
{{- end }}
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end }}
