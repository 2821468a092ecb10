#!/usr/bin/env bash
# Liqo and FLUIDOS everywhere, and the providers as KnownClusters of the hub's cluster.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
need docker kind kubectl helm git liqoctl

say "FLUIDOS at $FLUIDOS_COMMIT"
fluidos="$WORK_DIR/fluidos"
[[ -d "$fluidos/.git" ]] || git clone --no-checkout "$FLUIDOS_REPOSITORY" "$fluidos"
git -C "$fluidos" checkout --quiet "$FLUIDOS_COMMIT"
components=(rear-controller rear-manager local-resource-manager network-manager)
images=()
for component in "${components[@]}"; do
  image="localhost/fluidos/$component:$FLUIDOS_TAG"
  docker image inspect "$image" >/dev/null 2>&1 ||
    docker build -f "$fluidos/build/common/Dockerfile" --build-arg "COMPONENT=$component" -t "$image" "$fluidos"
  images+=("$image")
done

for cluster in "${CLUSTERS[@]}"; do
  say "Liqo in $cluster"
  liqoctl install kind --version "$LIQO_VERSION" --cluster-id "$cluster" --kubeconfig "$(kubeconfig "$cluster")"

  say "FLUIDOS in $cluster"
  kind load docker-image "${images[@]}" --name "$cluster"
  on "$cluster" apply -f "$fluidos/deployments/node/crds"
  helm_on "$cluster" upgrade --install node "$fluidos/deployments/node" --namespace fluidos --create-namespace \
    --values "$KIND_DIR/fluidos-values.yaml" \
    --set "tag=$FLUIDOS_TAG" --set provider=kind \
    --set "common.configMaps.nodeIdentity.ip=$(address_of "$cluster")" \
    --set "rearController.service.gateway.nodePort.port=$REAR_PORT" \
    --wait --timeout 10m
done

for provider in "${PROVIDERS[@]}"; do
  say "$provider is known to $HUB"
  on "$HUB" apply -f - <<YAML
apiVersion: network.fluidos.eu/v1alpha1
kind: KnownCluster
metadata:
  name: $provider
  namespace: fluidos
spec:
  address: "$(address_of "$provider"):$REAR_PORT"
YAML
  # FLUIDOS removes one whose time is over, and one without a time.
  on "$HUB" patch knownclusters.network.fluidos.eu "$provider" -n fluidos --subresource=status --type=merge \
    --patch '{"status": {"expirationTime": "2099-01-01T00:00:00Z", "lastUpdateTime": "2026-01-01T00:00:00Z"}}'
done
