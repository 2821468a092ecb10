/** Whoever meets a reason finds it in the guide for administrators, or in a page that it leads to. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const PAGES = ["administration", "capsule", "federation", "workloads"].map((name) => `docs/${name}.md`);
const documented = new Set(
  PAGES.filter((path) => existsSync(path)).flatMap((path) =>
    [...readFileSync(path, "utf8").matchAll(/\b[A-Z][A-Za-z]+\b/g)].map(([word]) => word),
  ),
);

const sources = ["engines", "intents", "providers"].flatMap((room) =>
  readdirSync(`src/hub/${room}`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => readFileSync(`src/hub/${room}/${path}`, "utf8")),
);
/** Words that become a reason: of a verdict, a failed step, an ending, an Event. */
const REASON =
  /(?:\b(?:failure|no|yes|unknown|normal)\(\s*|\breason: |\bendedStatus\(view, |\bproblem\()"([A-Z][A-Za-z]+)"/g;
/** Words in capitals within, which are reasons wherever they stand. */
const COMPOUND = /"([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)"/g;
/** Kinds and types of Kubernetes, and phases of FLUIDOS and Liqo. */
const KINDS = ["ClusterIP", "NodePort", "LoadBalancer", "HorizontalPodAutoscaler"];
const OTHERS = new Set([...KINDS, "TimedOut", "InProgress"]);

const reasonsIn = (text: string): string[] =>
  [...text.matchAll(REASON), ...text.matchAll(COMPOUND)].flatMap(([, word]) => word ?? []);
const reasons = [...new Set(sources.flatMap(reasonsIn))].filter((word) => !OTHERS.has(word)).sort();

describe("reasons in conditions and Events", () => {
  it("are found in the code", () => {
    expect(reasons).toEqual(
      expect.arrayContaining(["SecretMissing", "TenantNotFound", "TokenRejected", "Queued", "Stale"]),
    );
  });

  it.each(reasons)("%s is documented", (reason) => {
    expect(documented).toContain(reason);
  });
});
