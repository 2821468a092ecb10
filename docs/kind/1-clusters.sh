#!/usr/bin/env bash
# Three clusters: the hub's, and two providers'.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need docker kind kubectl

mkdir -p "$WORK_DIR"
for cluster in "${CLUSTERS[@]}"; do
  if kind get clusters 2>/dev/null | grep -qx "$cluster"; then
    say "$cluster is there"
  else
    say "making $cluster"
    config="$KIND_DIR/clusters/provider.yaml"
    [[ "$cluster" == "$HUB" ]] && config="$KIND_DIR/clusters/hub.yaml"
    kind create cluster --name "$cluster" --image "$KIND_NODE_IMAGE" --config "$config" \
      --kubeconfig "$(kubeconfig "$cluster")" --wait 5m
  fi
  kind export kubeconfig --name "$cluster" --kubeconfig "$(kubeconfig "$cluster")"
  on "$cluster" wait --for=condition=Ready nodes --all --timeout=5m
done
