#!/usr/bin/env bash
# An Intent of Tenant acme: bought by FLUIDOS, peered by Liqo, run on a fake GPU of one of the providers.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need kubectl

on "$HUB" apply -f "$KIND_DIR/objects/intent.yaml"
is_running() { [[ "$(on "$HUB" get intent hello -n acme-demo -o jsonpath='{.status.phase}')" == Running ]]; }
if ! wait_for 600 "Intent hello" is_running; then
  on "$HUB" describe intent hello -n acme-demo
  echo "docs/administration.md says what each reason means" >&2
  exit 1
fi
on "$HUB" get intent hello -n acme-demo
on "$HUB" get reservations.reservation.fluidos.eu,contracts.reservation.fluidos.eu,allocations.nodecore.fluidos.eu -n fluidos
on "$HUB" get nodes -l liqo.io/type=virtual-node
on "$HUB" get namespaces -l capsule.clastix.io/tenant=acme
