import { splitEnv } from "./env.ts";
import { show } from "./problem.ts";
import { type Draft, type Report, type Rule, reportTwins } from "./rule.ts";
import type { PortSpec } from "./spec-schema.ts";
import { gibibytesOf, millisecondsOf, numberOf } from "./values.ts";

const LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const HOST = /^(?:\*\.)?[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)+$/;
const ENV_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
/** The OCI grammar, roughly: no blanks, no upper case before the tag. */
const IMAGE = /^[a-z0-9](?:[a-z0-9._:/-]*[a-z0-9])?(?::[\w][\w.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$/;
const A_YEAR = 366 * 86_400_000;

const names: Rule = ({ workload }, report) => {
  const { name, image } = workload ?? {};
  if (name !== undefined && !LABEL.test(name)) {
    report(
      "workload.name",
      `is ${show(name)}, expected lower case letters, digits and hyphens, such as llama-training`,
    );
  }
  if (image !== undefined && !IMAGE.test(image)) {
    report(
      "workload.image",
      `is ${show(image)}, expected an image reference, such as ghcr.io/acme/train:1.2`,
    );
  }
};

const resources: Rule = ({ workload }, report) => {
  const { cpu, memory } = workload?.resources ?? {};
  if (cpu !== undefined && numberOf(cpu) > 4096) {
    report(
      "workload.resources.cpu",
      `is ${cpu}, more than any node has; it is the cores of one replica or task`,
    );
  }
  if (memory !== undefined && gibibytesOf(memory) > 65_536) {
    report(
      "workload.resources.memory",
      `is ${memory}, more than any node has; it is the memory of one replica or task`,
    );
  }
};

/** Parts that belong to one type of workload only; set on the other they would be ignored. */
const ONLY_FOR = [
  ["batch", "Batch", "Service"],
  ["scaling", "Service", "Batch"],
  ["ports", "Service", "Batch"],
] as const;

const parts: Rule = ({ workload }, report, named) => {
  for (const [part, owner, other] of ONLY_FOR) {
    const value = workload?.[part];
    const isEmpty = value === undefined || (Array.isArray(value) && value.length === 0);
    if (isEmpty || workload?.type !== other) continue;
    report(
      `workload.${part}`,
      `is for workloads of type ${owner}, but ${named("workload.type")} is ${other}; drop it or change the type`,
      "contradiction",
    );
  }
};

const environment: Rule = ({ workload }, report, named) => {
  const entries = workload?.env ?? [];
  entries.forEach((entry, index) => {
    const variable = splitEnv(entry);
    if (variable !== undefined && ENV_NAME.test(variable.name)) return;
    report(`workload.env[${index}]`, `is ${show(entry)}, expected KEY=value with a name such as MODEL_ID`);
  });
  reportTwins(
    entries,
    (entry) => splitEnv(entry)?.name ?? entry,
    (index, name, first) => {
      report(
        `workload.env[${index}]`,
        `sets ${name} again, after ${named(`workload.env[${first}]`)}; keep one`,
        "contradiction",
      );
    },
  );
  const set = new Set(entries.map((entry) => splitEnv(entry)?.name));
  const secrets = workload?.secrets ?? [];
  secrets.forEach(({ env, name }, index) => {
    const at = `workload.secrets[${index}]`;
    if (!ENV_NAME.test(env))
      report(`${at}.env`, `is ${show(env)}, expected the name of a variable, such as HF_TOKEN`);
    if (!isSecretName(name))
      report(`${at}.name`, `is ${show(name)}, expected the name of a Secret, such as hf-token`);
    if (set.has(env))
      report(`${at}.env`, `is ${env}, which ${named("workload.env")} sets too; keep one`, "contradiction");
  });
  reportTwins(
    secrets,
    ({ env }) => env,
    (index, env, first) => {
      const other = named(`workload.secrets[${first}]`);
      report(`workload.secrets[${index}].env`, `is ${env}, as of ${other}; keep one`, "contradiction");
    },
  );
};

export const isSecretName = (name: string): boolean =>
  name.length <= 253 && name.split(".").every((part) => LABEL.test(part));

const ports: Rule = ({ workload }, report, named) => {
  const list = workload?.ports ?? [];
  for (const [index, port] of list.entries()) checkPort(port, `workload.ports[${index}]`, report);
  reportTwins(
    list,
    ({ port, protocol }) => `${port}/${protocol}`,
    (index, key, first) => {
      report(
        `workload.ports[${index}].port`,
        `is ${key}, as ${named(`workload.ports[${first}]`)} is; keep one`,
        "contradiction",
      );
    },
  );
};

function checkPort({ domain, expose, protocol }: PortSpec, at: string, report: Report): void {
  if (domain !== undefined && expose !== true) {
    report(`${at}.domain`, "has no effect unless the port is exposed; set expose to true", "contradiction");
  }
  if (domain !== undefined && (!HOST.test(domain) || domain.length > 253)) {
    report(`${at}.domain`, `is ${show(domain)}, expected a host name, such as llm.example.com`);
  }
  if (expose === true && protocol === "UDP") {
    report(
      `${at}.expose`,
      "is true on a UDP port, but an Ingress carries TCP only; drop expose",
      "contradiction",
    );
  }
}

const scaling: Rule = ({ workload, constraints }, report, named) => {
  const { minReplicas, maxReplicas, autoScale, ...targets } = workload?.scaling ?? {};
  if (
    autoScale === true &&
    minReplicas !== undefined &&
    maxReplicas !== undefined &&
    minReplicas > maxReplicas
  ) {
    const other = `${named("workload.scaling.maxReplicas")} (${maxReplicas})`;
    report("workload.scaling.minReplicas", `is ${minReplicas}, above ${other}; lower one`, "contradiction");
  }
  for (const [key, percent] of Object.entries(targets)) {
    if (autoScale === true && percent === 0)
      report(`workload.scaling.${key}`, "is 0, expected a percentage from 1 to 100");
  }
  const { gpuUtilizationTarget, memoryUtilizationTarget } = constraints?.performance ?? {};
  for (const [key, target] of Object.entries({ gpuUtilizationTarget, memoryUtilizationTarget })) {
    // The reference fills in 0.8 by itself: nobody asked for it.
    if (target === undefined || target === 0.8 || autoScale === true) continue;
    const scale = named("workload.scaling.autoScale");
    report(
      `constraints.performance.${key}`,
      `has no effect without ${scale}; set that to true or drop this`,
      "contradiction",
    );
  }
};

const batch: Rule = ({ workload }, report) => {
  const timeout = workload?.batch?.timeout;
  if (timeout !== undefined && millisecondsOf(timeout) > A_YEAR) {
    report("workload.batch.timeout", `is ${timeout}, expected at most a year (8784h)`);
  }
};

/** Replicas or tasks that run at the same time: the places that an Intent needs. */
export function tasksOf({ workload }: Draft): number {
  if (workload?.type === "Batch") return workload.batch?.parallelTasks ?? 1;
  return workload?.scaling?.minReplicas ?? 1;
}

const spreading: Rule = (draft, report, named) => {
  const { deploymentStrategy, scaling: scale } = draft.workload ?? {};
  if (deploymentStrategy !== "Distributed" || tasksOf(draft) > 1 || scale?.autoScale === true) return;
  const more =
    draft.workload?.type === "Batch" ? "workload.batch.parallelTasks" : "workload.scaling.minReplicas";
  report(
    "workload.deploymentStrategy",
    `is Distributed, but there is one replica or task to distribute; raise ${named(more)} or drop it`,
    "contradiction",
  );
};

export const workloadRules: readonly Rule[] = [
  names,
  resources,
  parts,
  environment,
  ports,
  scaling,
  batch,
  spreading,
];
