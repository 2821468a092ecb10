import type { LookupLeaf, LookupTree } from "./schema.ts";

/** Path step that stands for every key not listed at its level. */
const ANY = "*";

const isTree = (node: LookupTree | LookupLeaf | undefined): node is LookupTree =>
  typeof node === "object" && node !== null && !Array.isArray(node);

/** Walks a tree by path; a step that is not listed takes `*` where the level has it. */
export function walk(tree: LookupTree, path: readonly string[]): LookupLeaf | undefined {
  let node: LookupTree | LookupLeaf | undefined = tree;
  for (const step of path) {
    if (!isTree(node)) return undefined;
    node = Object.hasOwn(node, step) ? node[step] : Object.hasOwn(node, ANY) ? node[ANY] : undefined;
  }
  return isTree(node) ? undefined : node;
}

/** Merges trees leaf by leaf; what comes first wins, so a site's entries stand before the built-in ones. */
export function mergeTrees(first: LookupTree, second: LookupTree): LookupTree {
  const merged: Record<string, LookupTree | LookupLeaf> = Object.assign(Object.create(null), second);
  for (const [key, value] of Object.entries(first)) {
    const below = Object.hasOwn(second, key) ? second[key] : undefined;
    merged[key] = isTree(value) && isTree(below) ? mergeTrees(value, below) : value;
  }
  return merged;
}
