#!/usr/bin/env bash
# Prints the manifests of five hello functions and their Triggers: what the cluster's tests measure and listen with. Their pods are as those of
# the product's functions, so that what is compared is the programs.
for i in 0 1 2 3 4; do
  cat <<Y
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: hello-$i, namespace: usher, labels: {networking.knative.dev/visibility: cluster-local}}
spec:
  template:
    metadata: {annotations: {autoscaling.knative.dev/window: 6s, autoscaling.knative.dev/max-scale: "1"}}
    spec:
      automountServiceAccountToken: false
      containers:
        - image: ko://usher.example/knative/cluster/hello
          readinessProbe: {httpGet: {path: /}}
          livenessProbe: {httpGet: {path: /}, periodSeconds: 10, failureThreshold: 3}
          resources: {requests: {cpu: 1m, memory: 32Mi}, limits: {cpu: "1", memory: 128Mi}}
          securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, runAsNonRoot: true, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: {name: hello-$i, namespace: usher}
spec:
  broker: usher
  filters: [{exact: {type: test.hello.$i}}]
  subscriber: {ref: {apiVersion: serving.knative.dev/v1, kind: Service, name: hello-$i}}
Y
done
