import { stringify } from "yaml";

/** Objects as YAML, long lines left whole. */
export function yamlOf(value: unknown): string {
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
