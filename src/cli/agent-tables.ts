import type { CompileOverlay } from "../agent/overlay.ts";
import { mapNode } from "../mapping/map-node.ts";
import { tablesWith } from "./built-in-tables.ts";

/** The agent's way to its tables: the built-in ones are read again for a site's, rather than kept in memory for them. */
export function agentTables(options: {
  readonly aliases: boolean;
  readonly fluidosLabel?: boolean;
}): CompileOverlay {
  return async (sources) => {
    const compiled = await tablesWith(sources);
    if (!compiled.ok) return compiled;
    const { tables } = compiled;
    return { ok: true, map: (facts) => mapNode(tables, facts, options) };
  };
}
