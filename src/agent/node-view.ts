import { type FieldOwner, metadataOwners } from "../kubernetes/managed-fields.ts";
import type { KubeObject } from "../kubernetes/objects.ts";
import type { NodeFacts, StringMap } from "../mapping/facts.ts";
import type { FieldMap } from "./fields.ts";

/** The field manager of everything the agent writes. */
export const FIELD_MANAGER = "flare-agent";

/** The part of a Node that the agent reads, as it comes over the wire. */
export interface KubeNode extends KubeObject {
  readonly spec?: { readonly providerID?: string };
  readonly status?: {
    readonly allocatable?: StringMap;
    readonly nodeInfo?: StringMap;
  };
}

/** All that is kept of a Node. */
export interface NodeView {
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Without DRA devices and hardware, which come from elsewhere. */
  readonly facts: NodeFacts;
  /** What our manager owns on it, with its values. */
  readonly published: FieldMap;
  /** Fields of our vocabulary that somebody else owns (perhaps together with us), and who. */
  readonly foreign: ReadonlyMap<string, string>;
  /** Values of our vocabulary that are on the Node, whoever put them there. */
  readonly present: FieldMap;
}

/** Annotations above this are tools' bookkeeping (last-applied-configuration), not facts. */
const LARGEST_FACT = 1024;

/** Reduces a Node to what the agent needs: about a tenth of it. */
export function viewOfNode(node: KubeNode): NodeView {
  const {
    name = "",
    uid = "",
    resourceVersion = "",
    labels = {},
    annotations = {},
    managedFields,
  } = node.metadata ?? {};
  const owners = metadataOwners(managedFields, isVocabularyKey);
  const published: Record<string, string> = {};
  const present: Record<string, string> = {};
  const foreign = new Map<string, string>();
  const sort = (
    kind: "annotations" | "labels",
    values: StringMap,
    owned: ReadonlyMap<string, readonly FieldOwner[]>,
  ): void => {
    for (const [key, value] of Object.entries(values)) {
      if (!isVocabularyKey(key)) continue;
      const field = `${kind}/${key}`;
      present[field] = value;
      const by = owned.get(key) ?? [];
      if (by.some(isOurs)) published[field] = value;
      const other = by.find((owner) => !isOurs(owner));
      if (other !== undefined) foreign.set(field, other.manager);
    }
  };
  sort("annotations", annotations, owners.annotations);
  sort("labels", labels, owners.labels);
  return {
    name,
    uid,
    resourceVersion,
    facts: factsOf(node, name, published, foreign),
    published,
    foreign,
    present,
  };
}

/** True for keys of FLARE's and FLUIDOS' domains (`gpu.fluidos.eu/model`), the only ones the agent may write. */
export function isVocabularyKey(key: string): boolean {
  return /^([a-z-]+\.)*fluidos\.eu\//.test(key);
}

/** Of two views of one Node the newer; numeric resourceVersions are the rule, and where they are not the second wins. */
export function newerView(known: NodeView | undefined, next: NodeView): NodeView {
  if (known === undefined || known.uid !== next.uid) return next;
  return /^\d+$/.test(known.resourceVersion) && /^\d+$/.test(next.resourceVersion)
    ? BigInt(known.resourceVersion) > BigInt(next.resourceVersion)
      ? known
      : next
    : next;
}

function isOurs(owner: FieldOwner): boolean {
  return owner.manager === FIELD_MANAGER && owner.operation === "Apply";
}

/** What we published ourselves is no fact: it would only confirm itself. */
function factsOf(
  node: KubeNode,
  name: string,
  published: FieldMap,
  foreign: ReadonlyMap<string, string>,
): NodeFacts {
  const { labels = {}, annotations = {} } = node.metadata ?? {};
  const told =
    (kind: string) =>
    ([key, value]: [string, string]): boolean => {
      const field = `${kind}/${key}`;
      return value.length <= LARGEST_FACT && (!Object.hasOwn(published, field) || foreign.has(field));
    };
  const { allocatable, nodeInfo } = node.status ?? {};
  const providerID = node.spec?.providerID;
  return {
    name,
    labels: Object.fromEntries(Object.entries(labels).filter(told("labels"))),
    annotations: Object.fromEntries(Object.entries(annotations).filter(told("annotations"))),
    ...(allocatable === undefined ? {} : { allocatable }),
    ...(providerID === undefined ? {} : { providerID }),
    ...(nodeInfo === undefined ? {} : { nodeInfo }),
  };
}
