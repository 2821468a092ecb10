#!/usr/bin/env bash
# Capsule in the hub's cluster, Tenant acme, and its namespace acme-demo, made by an account of the Tenant.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need kubectl helm

say "Capsule in $HUB"
helm_on "$HUB" upgrade --install capsule oci://ghcr.io/projectcapsule/charts/capsule --version "$CAPSULE_VERSION" \
  --namespace capsule-system --create-namespace \
  --set 'manager.options.capsuleUserGroups={system:serviceaccounts:tenants}' \
  --set manager.options.forceTenantPrefix=true \
  --wait --timeout 5m

on "$HUB" create namespace tenants --dry-run=client -o yaml | on "$HUB" apply -f -
on "$HUB" create serviceaccount acme -n tenants --dry-run=client -o yaml | on "$HUB" apply -f -
wait_for 120 "the webhooks of Capsule" on "$HUB" apply -f "$KIND_DIR/objects/tenant.yaml"

on "$HUB" get namespace acme-demo >/dev/null 2>&1 ||
  on "$HUB" create namespace acme-demo --as system:serviceaccount:tenants:acme \
    --as-group system:serviceaccounts --as-group system:serviceaccounts:tenants --as-group system:authenticated
on "$HUB" get tenant acme
