import { type InvalidAnnotation, parseAnnotations, type Values } from "../../vocabulary/annotations.ts";

/** What the annotations of a node say. */
export interface NodeDescription {
  readonly values: Values;
  readonly invalid: readonly InvalidAnnotation[];
}

type Annotations = Readonly<Record<string, string>>;

/** Distinct descriptions that are remembered. A federation has few kinds of nodes, and many of each. */
const REMEMBERED = 2048;

/**
 * Creates a reader of annotations that gives equal ones the same description: a heartbeat costs no parsing, and a
 * thousand equal nodes the memory of one. Annotations outside the vocabulary do not count.
 */
export function createDescriber(): (annotations: Annotations) => NodeDescription {
  const known = new Map<string, NodeDescription>();
  return (annotations) => {
    const own = Object.entries(annotations).filter(([key]) => key.includes("fluidos.eu/"));
    const text = JSON.stringify(own);
    const found = known.get(text);
    if (found !== undefined) return found;
    const description = parseAnnotations(Object.fromEntries(own));
    const oldest = known.keys().next().value;
    if (known.size >= REMEMBERED && oldest !== undefined) known.delete(oldest);
    known.set(text, description);
    return description;
  };
}
