import { type AdmissionPlugin, deniedBy } from "../admission.ts";
import { asObject, asString } from "../json.ts";
import type { Cluster } from "./cluster.ts";
import { isAmount } from "./fluidos/amounts.ts";
import type { Reservation, Solver } from "./fluidos-types.ts";
import { CANDIDATES } from "./kinds.ts";
import { OFFLOADING } from "./liqo/offloading.ts";
import type { NamespaceOffloading } from "./liqo-types.ts";

/** The validating webhooks of FLUIDOS and Liqo that concern what clients write at the consumer. */
export function webhooksOf(cluster: Cluster): AdmissionPlugin {
  return ({ type, object, before }) => {
    const refusal = refusalOf(cluster, type.kind, { object, before });
    if (refusal !== undefined) throw deniedBy(...refusal);
    return object;
  };
}

interface Written {
  readonly object: unknown;
  readonly before: unknown;
}

function refusalOf(
  cluster: Cluster,
  kind: string,
  { object, before }: Written,
): [webhook: string, message: string] | undefined {
  const said = (webhook: string, message: string | undefined): [string, string] | undefined =>
    message === undefined ? undefined : [webhook, message];
  switch (kind) {
    case "Reservation":
      return said("vreservation.kb.io", reservationFault(cluster, object as Reservation));
    case "Solver":
      return said("vsolver.kb.io", solverFault(object as Solver));
    case "NamespaceOffloading":
      return said(
        "nsoff.validate.liqo.io",
        offloadingFault(object as NamespaceOffloading, before as NamespaceOffloading | undefined),
      );
    default:
      return undefined;
  }
}

/** Also an update is refused when the candidate is gone. */
function reservationFault(cluster: Cluster, { spec }: Reservation): string | undefined {
  const { name = "", namespace } = spec.peeringCandidate ?? {};
  if (cluster.get(CANDIDATES, name, namespace) === undefined)
    return `peeringcandidates.advertisement.fluidos.eu "${name}" not found`;
  if (spec.configuration === undefined) return undefined;
  const { type, data } = spec.configuration;
  if (type !== "K8Slice") return `unsupported configuration type: ${type}`;
  const bad = (["cpu", "memory", "pods"] as const).find((field) => !isAmount(data[field]));
  return bad === undefined ? undefined : `quantities must match the regular expression (${bad})`;
}

/** GPU filters are not looked at. */
function solverFault({ spec }: Solver): string | undefined {
  if (spec.selector === undefined) return undefined;
  const { flavorType, filters } = spec.selector;
  if (!["K8Slice", "Service"].includes(flavorType)) return `flavor type ${flavorType} not supported`;
  const names = ["architectureFilter", "cpuFilter", "memoryFilter", "podsFilter", "storageFilter"];
  const bad = names.find((name) => filters?.[name] !== undefined && !isFilter(filters[name]));
  return bad === undefined ? undefined : `filter type of ${bad} not supported`;
}

const isFilter = (filter: unknown): boolean => {
  const { name, data } = asObject(filter);
  const { value, min, max, regex } = asObject(data);
  if (name === "Match") return value !== undefined;
  return name === "Range" && [min, max, asString(regex) || undefined].some((bound) => bound !== undefined);
};

/** Its name is fixed, and where the namespace goes cannot be changed any more. */
function offloadingFault(
  { metadata, spec }: NamespaceOffloading,
  before: NamespaceOffloading | undefined,
): string | undefined {
  if (metadata.name !== OFFLOADING) return `NamespaceOffloading name must match ${OFFLOADING}`;
  const { namespaceMappingStrategy: strategy = "DefaultName", remoteNamespaceName } = spec;
  if (before === undefined)
    return strategy === "SelectedName" && (remoteNamespaceName ?? "") === ""
      ? "The RemoteNamespaceName value cannot be empty when using the SelectedName NamespaceMappingStrategy"
      : undefined;
  if (strategy !== before.spec.namespaceMappingStrategy)
    return "The NamespaceMappingStrategy value cannot be modified after creation";
  return remoteNamespaceName === before.spec.remoteNamespaceName
    ? undefined
    : "The RemoteNamespaceName value cannot be modified after creation";
}
