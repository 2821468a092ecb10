import type { Provenance } from "../mapping/result.ts";
import type { Mapped } from "./mapped.ts";
import { print, table, toYaml } from "./output.ts";

interface PrintFlags {
  readonly output: "table" | "json" | "yaml" | "name" | "annotate" | "patch";
  readonly explain?: boolean;
}

/** Prints mapped nodes in the form that was asked for. */
export async function printMapped(mapped: readonly Mapped[], { output, explain }: PrintFlags): Promise<void> {
  switch (output) {
    case "json":
      return print(JSON.stringify(mapped.map(objectOf), null, 2));
    case "yaml":
      return print(await toYaml(mapped.map(objectOf)));
    case "name":
      for (const { name } of mapped.filter(isPublished)) print(`node/${name}`);
      return;
    case "annotate":
      return print(mapped.filter(isPublished).flatMap(annotateCommands).join("\n"));
    case "patch":
      return print(
        (await Promise.all(mapped.filter(isPublished).map(async (node) => toYaml(patchOf(node))))).join(
          "\n---\n",
        ),
      );
    case "table":
      print(explain === true ? mapped.map(explanationOf).join("\n\n") : overview(mapped));
      return printProblems(mapped);
  }
}

const isPublished = ({ result }: Mapped): boolean => Object.keys(result.annotations).length > 0;

function objectOf({ name, result }: Mapped): object {
  return {
    name,
    annotations: result.annotations,
    labels: result.labels,
    problems: result.problems,
    ...(result.provenance ? { provenance: result.provenance } : {}),
  };
}

const HEADER = [
  "NODE",
  "MODEL",
  "VARIANT",
  "GPUS",
  "MEMORY",
  "SHARING",
  "INTERCONNECT",
  "REGION",
  "RATE/H",
  "PROBLEMS",
];

function overview(mapped: readonly Mapped[]): string {
  return table([HEADER, ...mapped.map(rowOf)]);
}

function rowOf({ name, result: { annotations, problems } }: Mapped): readonly string[] {
  const gpu = (key: string): string => annotations[`gpu.fluidos.eu/${key}`] ?? "-";
  const rate = annotations["cost.fluidos.eu/hourly-rate"];
  return [
    name,
    gpu("model"),
    gpu("variant"),
    gpu("count"),
    gpu("memory-per-gpu"),
    gpu("sharing-strategy"),
    gpu("interconnect"),
    annotations["location.fluidos.eu/region"] ?? "-",
    rate === undefined ? "-" : `${rate} ${annotations["cost.fluidos.eu/currency"] ?? "?"}`,
    problems.length === 0 ? "-" : String(problems.length),
  ];
}

/** Problems go to standard error, so that the table stays a table. */
function printProblems(mapped: readonly Mapped[]): void {
  for (const { name, result } of mapped) {
    for (const problem of result.problems) {
      const message = problem.message.startsWith(`node ${name}`)
        ? problem.message
        : `node ${name}: ${problem.message}`;
      process.stderr.write(`${problem.severity}: ${problem.code}: ${message}\n`);
    }
  }
}

function explanationOf({ name, result }: Mapped): string {
  const rows = (result.provenance ?? []).map(({ key, value, inferred, rule, at }: Provenance) => [
    `  ${key}`,
    shorten(value),
    inferred ? "inferred" : "",
    `${rule} (${at})`,
  ]);
  const facts = new Map((result.provenance ?? []).map((entry) => [entry.key, entry.facts]));
  const lines = table(rows)
    .split("\n")
    .flatMap((line, index) => [
      line,
      ...(facts.get(result.provenance?.[index]?.key ?? "") ?? []).map((fact) => `      from ${fact}`),
    ]);
  return [`node ${name}${rows.length === 0 ? ": no GPU to publish" : ""}`, ...lines].join("\n").trimEnd();
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 57)}...` : text);

/** Ready for a shell: one command for the label, one for each annotation. */
function annotateCommands({ name, result }: Mapped): readonly string[] {
  const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
  const pairs = (map: Readonly<Record<string, string>>): string =>
    Object.entries(map)
      .map(([key, value]) => ` \\\n  ${quote(`${key}=${value}`)}`)
      .join("");
  return [
    `kubectl label --overwrite node ${quote(name)}${pairs(result.labels)}`,
    `kubectl annotate --overwrite node ${quote(name)}${pairs(result.annotations)}`,
  ];
}

/** For `kubectl apply --server-side --field-manager=flare-agent -f -`. */
function patchOf({ name, result }: Mapped): object {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: result.labels, annotations: result.annotations },
  };
}
