import * as z from "zod";
import { bare, hintsOf, itemOf, nameIn, shapeOf, valueIn } from "./schema-fields.ts";
import { intentSpecSchema } from "./spec-schema.ts";

interface Row {
  readonly path: string;
  readonly rest: string;
  readonly description: string;
  readonly standard: string;
}

/** The fields of an Intent as a Markdown table: both names, what each does, its default. */
export function fieldReference(): string {
  const rows = rowsOf(intentSpecSchema, "", "");
  const lines = rows.map(({ path, rest, description, standard }) => {
    const name = rest === path ? `\`${path}\`` : `\`${path}\`<br>\`${rest}\``;
    return `| ${name} | ${description} | ${standard} |`;
  });
  return ["| field (REST name where it differs) | what it does | default |", "|---|---|---|", ...lines].join(
    "\n",
  );
}

function rowsOf(schema: z.core.$ZodType, path: string, rest: string): readonly Row[] {
  return Object.entries(shapeOf(schema)).flatMap(([key, field]) => {
    const item = itemOf(field);
    const mark = item === undefined ? "" : "[]";
    const at = { path: `${path}${key}${mark}`, rest: `${rest}${nameIn("rest", key, field)}${mark}` };
    const inside = rowsOf(item ?? field, `${at.path}.`, `${at.rest}.`);
    return inside.length > 0 ? inside : [{ ...at, description: describe(field), standard: defaultOf(field) }];
  });
}

function describe(field: z.core.$ZodType): string {
  const text = descriptionOf(field).replaceAll("|", "\\|");
  const inner = bare(itemOf(field) ?? field);
  if (!(inner instanceof z.ZodEnum)) return text;
  const spellings = inner.options.map(String).map((option) => {
    const rest = valueIn("rest", option, hintsOf(inner));
    return rest === option ? option : `${option} (\`${rest}\`)`;
  });
  return `${text} One of ${spellings.join(", ")}.`;
}

function descriptionOf(field: z.core.$ZodType): string {
  const own = field instanceof z.ZodType ? field.description : undefined;
  if (own !== undefined) return own;
  return field instanceof z.ZodOptional || field instanceof z.ZodDefault
    ? descriptionOf(field.def.innerType)
    : "";
}

function defaultOf(field: z.core.$ZodType): string {
  if (field instanceof z.ZodDefault) return `\`${String(field.def.defaultValue)}\``;
  return field instanceof z.ZodOptional ? "" : "required";
}
