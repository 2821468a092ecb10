import type { ApplyConflict } from "../kubernetes/apply.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { KubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, NODES } from "../kubernetes/objects.ts";
import { type FieldMap, fieldOfPath, toMetadata } from "./fields.ts";
import { FIELD_MANAGER, type KubeNode, type NodeView, viewOfNode } from "./node-view.ts";
import type { RefusedField } from "./ownership.ts";

export interface Published {
  /** The Node after the write. */
  readonly view: NodeView;
  /** Fields the server refused because others own them. */
  readonly refused: ReadonlyMap<string, RefusedField>;
}

/** The object that server-side apply gets: everything we own from now on, and nothing else. */
export function applyPatch(view: Pick<NodeView, "name" | "uid">, fields: FieldMap): KubeObject {
  const { annotations, labels } = toMetadata(fields);
  // The uid keeps a late write from bringing a deleted Node back to life.
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: view.name, uid: view.uid, annotations, labels },
  };
}

/**
 * Applies `fields` to the Node as the field manager `flare-agent`, without force. What others own is dropped and the rest
 * applied. Throws KubeError when the server refuses for another reason.
 */
export async function publish(
  client: Pick<KubeClient, "apply">,
  view: NodeView,
  fields: FieldMap,
  signal?: AbortSignal,
): Promise<Published> {
  const refused = new Map<string, RefusedField>();
  const rest: Record<string, string> = { ...fields };
  // Each round drops at least one field, and nearly always one round drops all; owners may change meanwhile.
  for (let round = 0; round < 4; round++) {
    const patch = applyPatch(view, rest);
    const result = await client.apply<KubeNode>(NODES, patch, { fieldManager: FIELD_MANAGER, signal });
    if (result.outcome === "applied") return { view: viewOfNode(result.object), refused };
    for (const { field, manager } of conflictingFields(result.conflicts)) {
      delete rest[field];
      refused.set(field, { manager, present: view.present[field] });
    }
  }
  throw new KubeError(
    "conflict",
    `apply nodes "${view.name}": the owners of its annotations keep changing; trying again later`,
  );
}

function conflictingFields(conflicts: readonly ApplyConflict[]): { field: string; manager: string }[] {
  return conflicts.map(({ field: path, manager }) => {
    const field = fieldOfPath(path);
    if (field === undefined)
      throw new KubeError("conflict", `apply: "${manager}" owns ${path}, which is not ours to write`);
    return { field, manager };
  });
}
