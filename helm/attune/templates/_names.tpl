{{/* Names and labels. A component is one of: attune (everything in one pod), gateway, validator, harmonizer, generator, or a task. */}}

{{- define "attune.name" -}}
{{- default .Release.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "attune.selector" -}}
app.kubernetes.io/name: attune
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "attune.labels" -}}
{{ include "attune.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: attune-{{ .root.Chart.Version }}
{{- end -}}

{{/* Takes root and component: the head of every object. */}}
{{- define "attune.metadata" -}}
name: {{ include "attune.name" .root }}-{{ .component }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "attune.labels" . | nindent 2 }}
{{- end -}}

{{/* Takes root and image. A digest counts more than the tag, which then only tells people what it is. */}}
{{- define "attune.image" -}}
{{- $digest := index .root.Values.image.digests .image -}}
{{- if and .root.Values.image.requireDigests (not $digest) -}}
{{- fail (printf "image.digests.%s is needed: image.requireDigests is on" .image) -}}
{{- end -}}
{{- $tag := default .root.Chart.AppVersion .root.Values.image.tag -}}
{{- if eq $tag "latest" -}}{{- fail "image.tag: latest is a different image tomorrow; name a version" -}}{{- end -}}
{{ .root.Values.image.registry }}/attune{{ if ne .image "attune" }}-{{ .image }}{{ end }}:{{ $tag }}{{ if $digest }}@{{ $digest }}{{ end }}
{{- end -}}

{{/* What runs behind the gateway's Service. */}}
{{- define "attune.front" -}}
{{- if eq .Values.shape "embedded" }}attune{{ else }}gateway{{ end -}}
{{- end -}}

{{/* Secrets: the one that is named, or the one that this chart makes. */}}
{{- define "attune.pepperSecret" -}}
{{- default (printf "%s-pepper" (include "attune.name" .)) .Values.pepper.existingSecret -}}
{{- end -}}
{{- define "attune.tlsSecret" -}}
{{- default (printf "%s-%s-tls" (include "attune.name" .root) .component) (index .root.Values.grpcTls.existingSecrets .component) -}}
{{- end -}}
