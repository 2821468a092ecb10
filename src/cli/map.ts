import { Command, Option } from "commander";
import type { KubeNode } from "../agent/node-view.ts";
import type { MappingTables } from "../mapping/tables.ts";
import { EXIT_CODES, UserError } from "./exit.ts";
import type { Mapped } from "./mapped.ts";

interface MapFlags {
  readonly filename?: string;
  readonly output: "table" | "json" | "yaml" | "name" | "annotate" | "patch";
  readonly explain?: boolean;
  readonly aliases: boolean;
  readonly mappings: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
}

const HELP = `
Examples:
  # what the agent would publish on the nodes of a cluster
  kubectl get nodes -o yaml | flare map -f -
  flare map                      # the same, read through your kubeconfig
  flare map gpu-node-1 --explain # each value with its rule, its table and the facts behind it

  # try a site table before it goes into the ConfigMap
  flare map -f nodes.yaml --mappings site.yaml

  # annotate by hand where no agent runs
  flare map gpu-node-1 --output annotate | sh

Exit codes: 0 mapped; 1 the API refused or a table is broken; 2 wrong flags, kubeconfig or input; 3 no such Node.
`;

/** `flare map`: from Nodes to their annotations, without writing anything. */
export function mapCommand(): Command {
  return new Command("map")
    .summary("show what FLARE makes of Nodes: annotations, device groups, problems")
    .description("Maps Nodes to FLARE annotations as the agent does, and prints them. Nothing is written.")
    .argument("[node...]", "names of Nodes to read from the cluster (default: all)")
    .option(
      "-f, --filename <file>",
      "read Nodes from a file instead: a Node, a List or many documents, YAML or JSON; - for standard input",
    )
    .addOption(
      new Option("-o, --output <form>", "what to print")
        .choices(["table", "json", "yaml", "name", "annotate", "patch"])
        .default("table"),
    )
    .option("--explain", "show for each value the rule, its table and line, and the facts it came from")
    .option("--no-aliases", "leave out the other spellings of keys")
    .option(
      "--mappings <path>",
      "a site table, or a folder of them, on top of the built-in ones (repeatable)",
      collect,
      [],
    )
    .option("--kubeconfig <file>", "kubeconfig to use")
    .option("--context <name>", "context of the kubeconfig to use")
    .addHelpText("after", HELP)
    .action(run);
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

async function run(names: readonly string[], flags: MapFlags): Promise<void> {
  const { siteTables, tablesWith } = await import("./built-in-tables.ts");
  const compiled = await tablesWith(await siteTables(flags.mappings));
  if (!compiled.ok) throw new UserError(compiled.problems.join("\n"), EXIT_CODES.failed);
  const nodes = await nodesFor(names, flags);
  const { printMapped } = await import("./print-mapped.ts");
  await printMapped(await mapAll(nodes, compiled.tables, flags), flags);
}

async function nodesFor(names: readonly string[], flags: MapFlags): Promise<readonly KubeNode[]> {
  if (flags.filename === undefined) {
    const { readClusterNodes } = await import("./cluster-nodes.ts");
    return readClusterNodes(names, flags);
  }
  const { readNodes } = await import("./read-nodes.ts");
  const all = await readNodes(flags.filename);
  if (names.length === 0) return all;
  const missing = names.filter((name) => !all.some((node) => node.metadata?.name === name));
  if (missing.length > 0) {
    throw new UserError(`${flags.filename} holds no Node ${missing.join(", ")}`, EXIT_CODES.notFound);
  }
  return all.filter((node) => names.includes(node.metadata?.name ?? ""));
}

async function mapAll(
  nodes: readonly KubeNode[],
  tables: MappingTables,
  flags: MapFlags,
): Promise<readonly Mapped[]> {
  const { viewOfNode } = await import("../agent/node-view.ts");
  const { mapNode } = await import("../mapping/map-node.ts");
  const options = { aliases: flags.aliases, explain: flags.explain ?? false };
  return nodes.map((node) => {
    const { facts } = viewOfNode(node);
    return { name: facts.name, result: mapNode(tables, facts, options) };
  });
}
