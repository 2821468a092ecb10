#!/usr/bin/env bash
# FLARE: agents in the providers, the hub in its cluster, and the federation as its Provider.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need docker kind kubectl

say "the image"
docker build -t "$FLARE_IMAGE" "$REPO_DIR"
for cluster in "${CLUSTERS[@]}"; do
  kind load docker-image "$FLARE_IMAGE" --name "$cluster"
done

for provider in "${PROVIDERS[@]}"; do
  say "the agent in $provider"
  on "$provider" apply -k "$KIND_DIR/agent"
  on "$provider" -n flare-system rollout status daemonset/flare-agent --timeout=5m
done

says_gpus() { [[ -n "$(on "$1" get nodes -l node.fluidos.eu/gpu=true -o name)" ]]; }
for provider in "${PROVIDERS[@]}"; do
  wait_for 120 "the description of GPUs in $provider" says_gpus "$provider"
done

say "the hub"
on "$HUB" apply -k "$REPO_DIR/manifests/crds"
on "$HUB" apply -k "$KIND_DIR/hub"
on "$HUB" -n flare-system rollout status deployment/flare-hub --timeout=5m
on "$HUB" apply -f "$KIND_DIR/objects/provider.yaml"
on "$HUB" wait --for=condition=Synced provider/federation --timeout=5m
on "$HUB" get providers.flare.clastix.io
