import type { StringMap } from "../mapping/facts.ts";

/** What is, or should be, on a Node: values by `annotations/KEY` and `labels/KEY`. */
export type FieldMap = StringMap;

/** The two maps of a Node's metadata that the agent writes. */
export interface NodeMetadata {
  readonly annotations: StringMap;
  readonly labels: StringMap;
}

/** One map of both, for comparing and planning. */
export function toFields(metadata: NodeMetadata): FieldMap {
  const fields: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata.annotations)) fields[`annotations/${key}`] = value;
  for (const [key, value] of Object.entries(metadata.labels)) fields[`labels/${key}`] = value;
  return fields;
}

/** The reverse of `toFields`, keys sorted. */
export function toMetadata(fields: FieldMap): NodeMetadata {
  const annotations: Record<string, string> = {};
  const labels: Record<string, string> = {};
  for (const [field, value] of Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (field.startsWith("annotations/")) annotations[keyOfField(field)] = value;
    else labels[keyOfField(field)] = value;
  }
  return { annotations, labels };
}

/** `gpu.fluidos.eu/model` of `annotations/gpu.fluidos.eu/model`. */
export function keyOfField(field: string): string {
  return field.slice(field.indexOf("/") + 1);
}

/** The field that a conflict's path names (`.metadata.annotations.gpu.fluidos.eu/model`), if it is one of ours. */
export function fieldOfPath(path: string): string | undefined {
  const match = /^\.metadata\.(annotations|labels)\.(.+)$/.exec(path);
  return match === null ? undefined : `${match[1]}/${match[2]}`;
}
