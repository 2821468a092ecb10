#!/usr/bin/env bash
# Deletes the three clusters and what the steps left in the work folder.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need kind

for cluster in "${CLUSTERS[@]}"; do
  kind delete cluster --name "$cluster"
done
rm -rf -- "${WORK_DIR:?}"
