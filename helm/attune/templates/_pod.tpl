{{/* What every pod of the chart is: restricted, without a token, with a writable place for scratch and nothing else. */}}

{{- define "attune.podSecurity" -}}
automountServiceAccountToken: false
# Kubernetes would set ATTUNE_…_PORT for every Service beside it, and Attune refuses settings that it does not know.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  {{- with .root.Values.pod.runAsUser }}
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  {{- end }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pod.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .root.Values.pod.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "attune.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop:
      - ALL
{{- end -}}

{{/* What pods that serve have on top of it. */}}
{{- define "attune.podPlacement" -}}
serviceAccountName: {{ include "attune.name" .root }}
terminationGracePeriodSeconds: 60
{{- with .root.Values.pod.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .root.Values.pod.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "attune.ports" -}}
ports:
  - name: http
    containerPort: 8080
  - name: grpc
    containerPort: 50051
{{- end -}}

{{/*
HTTP for all three: it listens after gRPC does and after the database was reached, and kubelet's gRPC probe speaks no TLS.
Liveness asks for nothing but an answer; only readiness looks at what the process depends on.
*/}}
{{- define "attune.probes" -}}
startupProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 3
  timeoutSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: { path: /health/ready, port: http }
  periodSeconds: 5
  timeoutSeconds: 4
  failureThreshold: 2
livenessProbe:
  httpGet: { path: /health/live, port: http }
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
{{- end -}}

{{/* The process says that it is not ready any more and serves on, while load balancers forget the pod; then comes SIGTERM. */}}
{{- define "attune.drain" -}}
{{- with .root.Values.pod.drainSeconds }}
lifecycle:
  preStop:
    exec:
      command:
        - /usr/local/bin/node
        - -e
        - {{ printf "fetch('http://127.0.0.1:8080/internal/drain', { method: 'POST' }).finally(() => setTimeout(() => {}, %v000))" . | quote }}
{{- end }}
{{- end -}}

{{/* The settings that a process listens by. */}}
{{- define "attune.listenEnv" -}}
- name: ATTUNE_DATA_DIR
  value: /var/lib/attune
- name: ATTUNE_HTTP_HOST
  value: 0.0.0.0
- name: ATTUNE_HTTP_PORT
  value: '8080'
- name: ATTUNE_GRPC_HOST
  value: 0.0.0.0
- name: ATTUNE_GRPC_PORT
  value: '50051'
{{- end -}}

{{/* A job of a known result so often, for the alerts CanaryFailing and CanaryWrongHash. */}}
{{- define "attune.canaryEnv" -}}
- name: ATTUNE_CANARY_SECONDS
  value: {{ .root.Values.canary.seconds | quote }}
{{- end -}}

{{/* The settings that people give; the schema knows their names. */}}
{{- define "attune.settingsEnv" -}}
{{- range $name, $value := .root.Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}

{{- define "attune.storesEnv" -}}
- name: ATTUNE_DATABASE_URL_FILE
  value: /etc/attune/secrets/database-url
{{- with .root.Values.queue.url }}
- name: ATTUNE_QUEUE_URL
  value: {{ . | quote }}
{{- end }}
{{- if .root.Values.queue.existingSecret }}
- name: ATTUNE_QUEUE_URL_FILE
  value: /etc/attune/secrets/queue-url
{{- end }}
- name: ATTUNE_BLOBS_URL
  value: {{ default "file:///var/lib/attune-blobs" .root.Values.storage.url | quote }}
{{- if .root.Values.storage.existingSecret }}
- name: ATTUNE_S3_ACCESS_KEY_ID_FILE
  value: /etc/attune/secrets/s3-access-key-id
- name: ATTUNE_S3_SECRET_ACCESS_KEY_FILE
  value: /etc/attune/secrets/s3-secret-access-key
{{- end }}
{{- end -}}

{{/* Files of the secrets that storesEnv names. */}}
{{- define "attune.storesSecrets" -}}
- secret:
    name: {{ .root.Values.database.existingSecret }}
    items:
      - { key: {{ .root.Values.database.key }}, path: database-url }
{{- with .root.Values.queue.existingSecret }}
- secret:
    name: {{ . }}
    items:
      - { key: {{ $.root.Values.queue.key }}, path: queue-url }
{{- end }}
{{- with .root.Values.storage.existingSecret }}
- secret:
    name: {{ . }}
    items:
      - { key: {{ $.root.Values.storage.accessKeyIdKey }}, path: s3-access-key-id }
      - { key: {{ $.root.Values.storage.secretAccessKeyKey }}, path: s3-secret-access-key }
{{- end }}
{{- end -}}

{{/* Blobs in a directory that all pods share. */}}
{{- define "attune.blobsMount" -}}
{{- if .root.Values.storage.existingClaim }}
- name: blobs
  mountPath: /var/lib/attune-blobs
{{- end }}
{{- end -}}
{{- define "attune.blobsVolume" -}}
{{- with .root.Values.storage.existingClaim }}
- name: blobs
  persistentVolumeClaim:
    claimName: {{ . }}
{{- end }}
{{- end -}}
