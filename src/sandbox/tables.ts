import { asArray, asText, isObject, type JsonObject, omit } from "./json.ts";
import type { KubeObject } from "./object.ts";
import type { CustomColumn, ResourceType } from "./resource-type.ts";
import { ageOf, defaultPrinter, type Printer, printers } from "./table-cells.ts";

export interface TableOptions {
  readonly type: ResourceType;
  readonly now: number;
  /** What each row carries: the metadata (default), the whole object, or nothing. */
  readonly includeObject: "Metadata" | "Object" | "None";
  readonly listMetadata: JsonObject;
}

/** The objects as a `meta.k8s.io/v1` Table, which is what `kubectl get` asks for. */
export function tableOf(objects: readonly KubeObject[], options: TableOptions): JsonObject {
  const printer = printerOf(options.type);
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: options.listMetadata,
    columnDefinitions: printer.columns.map((column) => ({
      format: "",
      description: "",
      priority: 0,
      ...column,
    })),
    rows: objects.map((object) => ({
      cells: printer.cells(object, options.now),
      object: rowObject(object, options.includeObject),
    })),
  };
}

function rowObject(object: KubeObject, include: TableOptions["includeObject"]): unknown {
  if (include === "None") return undefined;
  return include === "Object" ? object : partialObject(object);
}

/** The metadata alone, as `PartialObjectMetadata`. */
export const partialObject = (object: KubeObject): JsonObject => ({
  kind: "PartialObjectMetadata",
  apiVersion: "meta.k8s.io/v1",
  metadata: object.metadata,
});

function printerOf(type: ResourceType): Printer {
  const columns = type.custom?.columns ?? [];
  if (columns.length > 0) return customPrinter(columns);
  return printers[`${type.group}/${type.plural}`] ?? defaultPrinter;
}

const customPrinter = (columns: readonly CustomColumn[]): Printer => ({
  columns: [...defaultPrinter.columns.slice(0, 1), ...columns.map((column) => omit(column, "jsonPath"))],
  cells: (object, now) => [object.metadata.name, ...columns.map((column) => cellOf(object, column, now))],
});

function cellOf(object: KubeObject, column: CustomColumn, now: number): unknown {
  const found = readJsonPath(object, column.jsonPath);
  const value = found.length > 1 ? found.join(",") : found[0];
  if (value === undefined || value === null) return null;
  if (column.type === "date") return ageOf(value, now);
  if (column.type === "integer" || column.type === "number" || column.type === "boolean") return value;
  return asText(value);
}

/** The part of JSONPath that printer columns use: members, `[0]`, `[*]`, `['quoted']` and `[?(@.type=="X")]`. */
export function readJsonPath(value: unknown, path: string): readonly unknown[] {
  const steps =
    path.match(
      /\.[\w-]+(?:\\\.[\w./-]+)*|\['[^']*'\]|\[\d+\]|\[\*\]|\[\?\(@\.[\w.]+\s*==\s*["'][^"']*["']\)\]/g,
    ) ?? [];
  return steps
    .reduce<readonly unknown[]>((found, step) => found.flatMap((item) => follow(item, step)), [value])
    .filter((item) => item !== undefined);
}

function follow(value: unknown, step: string): readonly unknown[] {
  const filter = /^\[\?\(@\.([\w.]+)\s*==\s*["']([^"']*)["']\)\]$/.exec(step);
  if (filter !== null)
    return asArray(value).filter((item) => asText(readJsonPath(item, `.${filter[1]}`)[0]) === filter[2]);
  if (step === "[*]") return isObject(value) ? Object.values(value) : asArray(value);
  const index = /^\[(\d+)\]$/.exec(step);
  if (index !== null) return [asArray(value)[Number(index[1])]];
  const key = step.startsWith("['") ? step.slice(2, -2) : step.slice(1).replaceAll("\\.", ".");
  return isObject(value) && Object.hasOwn(value, key) ? [value[key]] : [];
}
