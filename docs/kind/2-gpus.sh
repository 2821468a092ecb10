#!/usr/bin/env bash
# Fake GPUs in the providers: H100s in alpha, A100s in beta, by profiles of fake-gpu-operator.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need helm kubectl

for cluster in "${PROVIDERS[@]}"; do
  say "fake GPUs in $cluster"
  helm_on "$cluster" upgrade --install gpu-operator \
    oci://ghcr.io/run-ai/fake-gpu-operator/fake-gpu-operator --version "$FAKE_GPU_OPERATOR_VERSION" \
    --namespace gpu-operator --create-namespace --values "$KIND_DIR/gpus/$cluster.yaml" --wait --timeout 10m
done

has_gpus() {
  [[ "$(on "$1" get nodes -l run.ai/simulated-gpu-node-pool -o jsonpath='{.items[0].status.allocatable.nvidia\.com/gpu}')" -gt 0 ]]
}
for cluster in "${PROVIDERS[@]}"; do
  wait_for 300 "allocatable GPUs in $cluster" has_gpus "$cluster"
  on "$cluster" get nodes -L nvidia.com/gpu.product,nvidia.com/gpu.count,nvidia.com/gpu.memory,run.ai/fake.gpu
done
