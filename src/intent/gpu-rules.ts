import type { Rule } from "./rule.ts";
import { gibibytesOf } from "./values.ts";

const GPU = "workload.resources.gpu";
const MAX_GPU_GIB = 4096;

const memory: Rule = ({ workload }, report, named) => {
  const { memoryMin, memoryMax } = workload?.resources?.gpu ?? {};
  for (const [key, size] of Object.entries({ memoryMin, memoryMax })) {
    if (size !== undefined && gibibytesOf(size) > MAX_GPU_GIB) {
      report(
        `${GPU}.${key}`,
        `is ${size}, more than any GPU has; it is the memory of one GPU, at most ${MAX_GPU_GIB}Gi`,
      );
    }
  }
  if (memoryMin === undefined || memoryMax === undefined) return;
  if (gibibytesOf(memoryMin) <= gibibytesOf(memoryMax)) return;
  report(
    `${GPU}.memoryMin`,
    `is ${memoryMin}, above ${named(`${GPU}.memoryMax`)} (${memoryMax}): no GPU can have both; lower one or drop the other`,
    "contradiction",
  );
};

const cores: Rule = ({ workload }, report, named) => {
  const { coresMin, coresMax } = workload?.resources?.gpu ?? {};
  if (coresMin === undefined || coresMax === undefined || coresMin <= coresMax) return;
  report(
    `${GPU}.coresMin`,
    `is ${coresMin}, above ${named(`${GPU}.coresMax`)} (${coresMax}): lower one or drop the other`,
    "contradiction",
  );
};

/** What cannot be had together, with the sentence that says why. */
const EXCLUSIVE = [
  ["shared", "dedicated", "a share of a GPU is never the only workload on it"],
  ["multiInstance", "dedicated", "a slice of a GPU is never the only workload on it"],
] as const;

const sharing: Rule = ({ workload }, report, named) => {
  const gpu = workload?.resources?.gpu ?? {};
  for (const [one, other, why] of EXCLUSIVE) {
    if (gpu[one] !== true || gpu[other] !== true) continue;
    report(
      `${GPU}.${one}`,
      `is true and so is ${named(`${GPU}.${other}`)}, but ${why}; keep one`,
      "contradiction",
    );
  }
};

/** Slices of a GPU have no link to each other. */
const links: Rule = ({ workload }, report, named) => {
  const { multiInstance, interconnect, topology } = workload?.resources?.gpu ?? {};
  const link = interconnect !== undefined && interconnect !== "Pcie" ? "interconnect" : "topology";
  if (multiInstance !== true || (link === "topology" && topology === undefined)) return;
  report(
    `${GPU}.${link}`,
    `asks for a link between GPUs, but ${named(`${GPU}.multiInstance`)} asks for slices, which have none; drop one`,
    "contradiction",
  );
};

export const gpuRules: readonly Rule[] = [memory, cores, sharing, links];
