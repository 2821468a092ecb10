import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { workloadObjects } from "../../../src/workload/workload-objects.ts";
import { EXAMPLES } from "./examples.ts";

describe("the objects of the example Intents", () => {
  test.each(Object.keys(EXAMPLES))("%s", async (name) => {
    const input = EXAMPLES[name];
    if (input === undefined) throw new Error(name);
    const yaml = workloadObjects(input).map((object) =>
      stringify(object, { aliasDuplicateObjects: false, lineWidth: 0 }),
    );
    await expect(yaml.join("---\n")).toMatchFileSnapshot(`golden/${name}.yaml`);
  });
});
