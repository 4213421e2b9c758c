{{/* One service of the split shape: gateway and workers differ by what the dict says (root, component, values, worker). */}}

{{- define "attune.servicePod" -}}
metadata:
  labels:
    {{- include "attune.labels" . | nindent 4 }}
    {{- with .root.Values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    # Settings are read at the start: other ones make other pods.
    checksum/settings: {{ toYaml (dict "settings" .root.Values.settings "queue" .root.Values.queue "storage" .root.Values.storage "tls" .root.Values.grpcTls) | sha256sum }}
    {{- with .root.Values.pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  {{- include "attune.podSecurity" . | nindent 2 }}
  {{- include "attune.podPlacement" . | nindent 2 }}
  {{- if and .worker .root.Values.pod.workerRuntimeClassName }}
  runtimeClassName: {{ .root.Values.pod.workerRuntimeClassName }}
  {{- end }}
  topologySpreadConstraints:
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "attune.selector" $ | nindent 10 }}
    {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ include "attune.image" (dict "root" .root "image" .component) }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      {{- include "attune.containerSecurity" . | nindent 6 }}
      {{- include "attune.ports" . | nindent 6 }}
      env:
        {{- include "attune.listenEnv" . | nindent 8 }}
        {{- include "attune.storesEnv" . | nindent 8 }}
        - name: ATTUNE_KEY_PEPPER_FILE
          value: /etc/attune/secrets/pepper
        {{- if .worker }}
        {{- include "attune.workerEnv" . | nindent 8 }}
        {{- else }}
        {{- include "attune.gatewayEnv" . | nindent 8 }}
        {{- include "attune.canaryEnv" . | nindent 8 }}
        {{- end }}
        {{- if .root.Values.grpcTls.enabled }}
        {{- include "attune.tlsEnv" . | nindent 8 }}
        {{- end }}
        {{- include "attune.settingsEnv" . | nindent 8 }}
      {{- include "attune.probes" . | nindent 6 }}
      {{- include "attune.drain" . | nindent 6 }}
      resources:
        {{- toYaml .values.resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /var/lib/attune }
        - { name: tmp, mountPath: /tmp }
        - { name: secrets, mountPath: /etc/attune/secrets, readOnly: true }
        {{- if .root.Values.grpcTls.enabled }}
        - { name: tls, mountPath: /etc/attune/tls, readOnly: true }
        {{- end }}
        {{- include "attune.blobsMount" . | nindent 8 }}
  volumes:
    - name: data
      emptyDir:
        sizeLimit: {{ .values.scratch }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- include "attune.storesSecrets" . | nindent 10 }}
          - secret:
              name: {{ include "attune.pepperSecret" .root }}
              items:
                - { key: {{ .root.Values.pepper.key }}, path: pepper }
    {{- if .root.Values.grpcTls.enabled }}
    - name: tls
      secret:
        secretName: {{ include "attune.tlsSecret" . }}
        defaultMode: 0440
    {{- end }}
    {{- include "attune.blobsVolume" . | nindent 4 }}
{{- end -}}

{{/* Said and not left to the number of cores: a container sees those of its node. */}}
{{- define "attune.workerEnv" -}}
- name: ATTUNE_SLOTS
  value: {{ .values.slots | quote }}
- name: ATTUNE_ENGINE_PROCESSES
  value: {{ .values.engine.processes | quote }}
- name: ATTUNE_ENGINE_MEMORY_MB
  value: {{ .values.engine.memoryMb | quote }}
- name: ATTUNE_DEDUP_MEMORY_MB
  value: {{ .values.engine.dedupMemoryMb | quote }}
- name: ATTUNE_ENGINE_THREADS
  value: {{ .values.engine.threads | quote }}
{{- end -}}

{{/* The Services of the workers are headless: every pod behind the name is asked in turn. */}}
{{- define "attune.gatewayEnv" -}}
{{- range $component := list "validator" "harmonizer" "generator" }}
- name: ATTUNE_{{ $component | upper }}_GRPC
  value: dns:///{{ include "attune.name" $.root }}-{{ $component }}.{{ $.root.Release.Namespace }}.svc.{{ $.root.Values.clusterDomain }}:50051
{{- end }}
{{- end -}}

{{- define "attune.tlsEnv" -}}
- name: ATTUNE_GRPC_TLS_CERT_FILE
  value: /etc/attune/tls/tls.crt
- name: ATTUNE_GRPC_TLS_KEY_FILE
  value: /etc/attune/tls/tls.key
- name: ATTUNE_GRPC_TLS_CA_FILE
  value: /etc/attune/tls/ca.crt
{{- if .worker }}
- name: ATTUNE_GRPC_TLS_ALLOW
  value: {{ include "attune.name" .root }}-gateway.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- else if .root.Values.grpcTls.gatewayClients }}
- name: ATTUNE_GRPC_TLS_ALLOW
  value: {{ join "," .root.Values.grpcTls.gatewayClients }}
{{- end }}
{{- end -}}
