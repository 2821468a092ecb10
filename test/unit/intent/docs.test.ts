import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parseIntentResource } from "../../../src/intent/parse.ts";
import { formatProblems } from "../../../src/intent/problem.ts";
import { fieldReference } from "../../../src/intent/reference.ts";
import { compileSchema } from "../../../src/sandbox/custom-schema.ts";
import type { KubeObject } from "../../../src/sandbox/object.ts";

const page = readFileSync("docs/intents.md", "utf8");
const examples = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  ([, text]) => parse(text ?? "") as KubeObject,
);
const crd = parse(readFileSync("manifests/crds/flare.clastix.io_intents.yaml", "utf8"));
const schema = compileSchema(crd.spec.versions[0].schema.openAPIV3Schema);

describe("docs/intents.md", () => {
  it("has the table of fields that `npm run crds` writes", () => {
    expect(page).toContain(`<!-- fields -->\n${fieldReference()}\n<!-- /fields -->`);
  });

  it("has the three examples", () => {
    expect(examples.map((example) => example.metadata.name)).toEqual(["llama-training", "chat", "video"]);
  });

  it.each(examples.map((example) => [example.metadata.name, example] as const))(
    "%s is an Intent that works",
    (_, example) => {
      const parsed = parseIntentResource(example);
      expect(parsed.ok ? "" : formatProblems(parsed.problems)).toBe("");
      expect(schema.problems(example)).toEqual([]);
      expect(schema.unknownFields(example)).toEqual([]);
    },
  );
});
