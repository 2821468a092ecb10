import { describe, expect, test } from "vitest";
import { mapNode } from "../../../src/mapping/map-node.ts";
import { parseAnnotations } from "../../../src/vocabulary/annotations.ts";
import { golden, goldenText } from "./golden-text.ts";
import { collectedNodes, fixtureNodes } from "./real-nodes.ts";
import { builtIn } from "./tables.ts";

type Nodes = ReturnType<typeof fixtureNodes>;

const textOf = (nodes: Nodes): string =>
  nodes
    .map(({ title, facts }) => goldenText(title, mapNode(builtIn(), facts, { aliases: false })))
    .join("\n");

function expectValid(nodes: Nodes): void {
  for (const { title, facts } of nodes) {
    const { annotations, problems } = mapNode(builtIn(), facts);
    expect(parseAnnotations(annotations).invalid, title).toEqual([]);
    expect(
      problems.filter(({ code }) => code === "invalid-value"),
      title,
    ).toEqual([]);
  }
}

// UPDATE_GOLDEN=1 npx vitest run --project unit test/unit/mapping/golden.test.ts
describe("nodes of real clusters", () => {
  test("those of fixtures/nodes map to what was reviewed", () => {
    const text = textOf(fixtureNodes());
    expect(text).toBe(golden("fixtures", text));
  });

  test("those of fixtures/nodes get valid values only", () => expectValid(fixtureNodes()));

  const collected = collectedNodes();
  const collection = collected ? test : test.skip;
  const title = collected ? "the whole collection" : "the whole collection (absent here, so skipped)";
  collection(`${title} maps to what was reviewed`, () => {
    const text = textOf(collected ?? []);
    expect(text).toBe(golden("collection", text));
  });
  collection(`${title} gets valid values only`, () => expectValid(collected ?? []));
});
