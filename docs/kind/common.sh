# shellcheck shell=bash
# What all steps share: versions, names, and the checks before anything is done. Sourced, not run.
set -euo pipefail

KIND_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
REPO_DIR="$(cd "$KIND_DIR/../.." && pwd)"
# Kubeconfigs and the checkout of FLUIDOS; removed by clean.sh.
WORK_DIR="${WORK_DIR:-$KIND_DIR/.work}"
export KIND_DIR REPO_DIR WORK_DIR

export KIND_NODE_IMAGE=kindest/node:v1.30.0
export LIQO_VERSION=v1.0.1
export CAPSULE_VERSION=0.10.5
export FAKE_GPU_OPERATOR_VERSION=0.2.0
# FLUIDOS as CLASTIX extended it for GPUs: the chart and the images are made from this commit.
export FLUIDOS_REPOSITORY=https://github.com/clastix/fluidos-node
export FLUIDOS_COMMIT=b4db5ae6500b0a710fe3b5418d015af823abb431
export FLUIDOS_TAG=kind-b4db5ae
export FLARE_IMAGE=localhost/flare:kind

export HUB=flare-hub
export PROVIDERS=(flare-alpha flare-beta)
export CLUSTERS=("$HUB" "${PROVIDERS[@]}")
# REAR is served here in every cluster.
export REAR_PORT=30001

say() { printf '\n== %s\n' "$*"; }

need() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null || { echo "$tool is needed: docs/kind/README.md says which version" >&2; exit 1; }
  done
}

kubeconfig() { echo "$WORK_DIR/$1.yaml"; }
# on CLUSTER kubectl-arguments...
on() { local cluster="$1"; shift; kubectl --kubeconfig "$(kubeconfig "$cluster")" "$@"; }
# helm_on CLUSTER helm-arguments...
helm_on() { local cluster="$1"; shift; helm --kubeconfig "$(kubeconfig "$cluster")" "$@"; }

# The address of a cluster in the network of the containers, where the others reach it.
address_of() {
  docker inspect --format '{{ .NetworkSettings.Networks.kind.IPAddress }}' "$1-control-plane"
}

# wait_for SECONDS WHAT command...: until the command succeeds
wait_for() {
  local seconds="$1" what="$2" end
  shift 2
  end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    if ((SECONDS >= end)); then
      echo "waited $seconds s for $what" >&2
      return 1
    fi
    sleep 5
  done
}
