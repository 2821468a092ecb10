import type { ScoresSection, Specs } from "./schema.ts";

type Term = ScoresSection["formulas"][string][number];

/** The link that is certain on the node. */
interface Link {
  readonly interconnect: string | undefined;
  readonly gbs: number | undefined;
}

/** Scores depend on the card and its link alone, and the figures of a card are one object for all nodes. */
const remembered = new WeakMap<Specs, { section: ScoresSection; byLink: Map<number, Scores> }>();
const NONE: Scores = {};

type Scores = Readonly<Record<string, number>>;

/**
 * Workload scores of a device: for each formula the weighted sum of its terms, each term the position of a figure
 * between `low` and `high` on a logarithmic scale, cut to 0..1. A formula with a figure that is not known gives none.
 */
export function scoresOf(section: ScoresSection | undefined, specs: Specs, link: Link): Scores {
  if (!section) return NONE;
  let known = remembered.get(specs);
  if (known?.section !== section) {
    known = { section, byLink: new Map() };
    remembered.set(specs, known);
  }
  const gbs = link.gbs ?? 0;
  const scores = known.byLink.get(gbs) ?? compute(section, specs, link);
  known.byLink.set(gbs, scores);
  return scores;
}

function compute(section: ScoresSection, specs: Specs, link: Link): Scores {
  const figures = figuresOf(section, specs, link);
  const scores: Record<string, number> = {};
  for (const [name, terms] of Object.entries(section.formulas)) {
    const score = weigh(terms, figures);
    if (score !== undefined) scores[name] = Math.round(score * 100) / 100;
  }
  return scores;
}

function weigh(
  terms: readonly Term[],
  figures: Readonly<Record<Term["term"], number | undefined>>,
): number | undefined {
  let score = 0;
  let weight = 0;
  for (const term of terms) {
    const figure = figures[term.term];
    if (figure === undefined) return undefined;
    const place = figure <= 0 ? 0 : Math.log(figure / term.low) / Math.log(term.high / term.low);
    score += term.weight * Math.min(1, Math.max(0, place));
    weight += term.weight;
  }
  return score / weight;
}

function figuresOf(
  section: ScoresSection,
  specs: Specs,
  link: Link,
): Record<Term["term"], number | undefined> {
  const fp32 = specs["fp32-tflops"];
  const ratio = [specs.gfx, specs["compute-capability"], specs.architecture]
    .map((key) => (key === undefined ? undefined : section.ratios[key]))
    .find((found) => found !== undefined);
  const scaled = (factor: number | undefined): number | undefined =>
    fp32 === undefined || factor === undefined ? undefined : fp32 * factor;
  const tensor = scaled(ratio?.tensor);
  const watts = specs["tdp-watts"];
  return {
    "fp32-tflops": fp32,
    "tensor-tflops": tensor,
    "fp64-tflops": scaled(ratio?.fp64),
    "graphics-tflops": scaled(ratio?.graphics),
    "memory-gi": specs["memory-gi"],
    "link-gbs": link.gbs ?? specs["pcie-gbs"],
    "tflops-per-watt": tensor === undefined || watts === undefined ? undefined : tensor / watts,
  };
}
