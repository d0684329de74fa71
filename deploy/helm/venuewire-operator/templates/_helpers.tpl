{{- define "operator.labels" -}}
app.kubernetes.io/name: venuewire-operator
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: operator
app.kubernetes.io/part-of: venuewire
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "operator.selector" -}}
app.kubernetes.io/name: venuewire-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* What the operator does to its connections and to what belongs to them. */}}
{{- define "operator.rules" -}}
- apiGroups: [venuewire.io]
  resources: [venueconnections]
  # A migration removes the connection that it leaves behind.
  verbs: [get, list, watch, patch, delete]
- apiGroups: [venuewire.io]
  resources: [venuemigrations]
  verbs: [get, list, watch]
- apiGroups: [venuewire.io]
  resources: [venueconnections/status, venuemigrations/status]
  verbs: [get, patch]
- apiGroups: [venuewire.io]
  resources: [venueconnections/finalizers, venuemigrations/finalizers]
  verbs: [update]
- apiGroups: [""]
  resources: [serviceaccounts, configmaps, services]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [k8s.cni.cncf.io]
  resources: [network-attachment-definitions]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [monitoring.coreos.com]
  resources: [podmonitors]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
# Names and versions alone are asked for; a right to those alone does not exist.
- apiGroups: [""]
  resources: [secrets]
  verbs: [list, watch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end }}
