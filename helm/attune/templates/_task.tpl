{{/*
A pod that does one thing and ends: takes root, component (its label and name), image or attune, args, stores (reads database and
blobs itself), api (asks the gateway with the API key), env, mounts and volumes as lists.
*/}}
{{- define "attune.taskPod" -}}
metadata:
  labels:
    {{- include "attune.labels" . | nindent 4 }}
spec:
  restartPolicy: Never
  {{- include "attune.podSecurity" . | nindent 2 }}
  {{- if and .api (eq .root.Values.shape "embedded") (not .root.Values.apiKey.existingSecret) }}
  # The key lies in the volume of the pod, which one node can mount at a time.
  affinity:
    podAffinity:
      requiredDuringSchedulingIgnoredDuringExecution:
        - topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "attune.selector" (dict "root" .root "component" "attune") | nindent 14 }}
  {{- end }}
  containers:
    - name: {{ .component }}
      image: {{ default (include "attune.image" (dict "root" .root "image" "attune")) .image }}
      imagePullPolicy: {{ .root.Values.image.pullPolicy }}
      {{- with .command }}
      command:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .args }}
      args:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- include "attune.containerSecurity" . | nindent 6 }}
      env:
        - name: ATTUNE_DATA_DIR
          value: /var/lib/attune
        {{- if .stores }}
        {{- include "attune.storesEnv" . | nindent 8 }}
        {{- end }}
        {{- if .api }}
        - name: ATTUNE_URL
          value: http://{{ include "attune.name" .root }}-gateway:8080
        {{- if .root.Values.apiKey.existingSecret }}
        - name: ATTUNE_API_KEY_FILE
          value: /etc/attune/secrets/api-key
        {{- end }}
        {{- end }}
      resources:
        {{- toYaml .resources | nindent 8 }}
      volumeMounts:
        - { name: data, mountPath: /var/lib/attune{{ if eq (include "attune.keyInVolume" .) "true" }}, readOnly: true{{ end }} }
        - { name: tmp, mountPath: /tmp }
        {{- if eq (include "attune.taskSecrets" .) "true" }}
        - { name: secrets, mountPath: /etc/attune/secrets, readOnly: true }
        {{- end }}
        {{- if .stores }}
        {{- include "attune.blobsMount" . | nindent 8 }}
        {{- end }}
        {{- with .mounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: data
      {{- if eq (include "attune.keyInVolume" .) "true" }}
      persistentVolumeClaim:
        claimName: data-{{ include "attune.name" .root }}-attune-0
      {{- else }}
      emptyDir:
        sizeLimit: 1Gi
      {{- end }}
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    {{- if eq (include "attune.taskSecrets" .) "true" }}
    - name: secrets
      projected:
        defaultMode: 0440
        sources:
          {{- if .stores }}
          {{- include "attune.storesSecrets" . | nindent 10 }}
          {{- end }}
          {{- if and .api .root.Values.apiKey.existingSecret }}
          - secret:
              name: {{ .root.Values.apiKey.existingSecret }}
              items:
                - { key: {{ .root.Values.apiKey.key }}, path: api-key }
          {{- end }}
    {{- end }}
    {{- if .stores }}
    {{- include "attune.blobsVolume" . | nindent 4 }}
    {{- end }}
    {{- with .volumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* The embedded shape makes its key itself and keeps it beside the data. */}}
{{- define "attune.keyInVolume" -}}
{{- and .api (eq .root.Values.shape "embedded") (not .root.Values.apiKey.existingSecret) -}}
{{- end -}}

{{- define "attune.taskSecrets" -}}
{{- if or .stores (and .api .root.Values.apiKey.existingSecret) }}true{{ end -}}
{{- end -}}
