import { show } from "./problem.ts";
import { type Report, type Rule, reportTwins } from "./rule.ts";
import type { VolumeSpec } from "./spec-schema.ts";
import { gibibytesOf } from "./values.ts";
import { isSecretName } from "./workload-rules.ts";

const LABEL = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const MAX_GIB = 1024 * 1024;

/** What the address of each kind of store begins with. */
const SCHEMES = {
  S3: ["s3://"],
  GCS: ["gs://"],
  Azure: ["https://", "azure://", "wasbs://", "abfss://"],
} as const;

const volumes: Rule = ({ workload }, report, named) => {
  const list = workload?.storage?.volumes ?? [];
  const at = (index: number): string => `workload.storage.volumes[${index}]`;
  list.forEach((volume, index) => {
    checkVolume(volume, at(index), report);
    if (volume.source !== undefined) checkSource(volume.source, `${at(index)}.source`, report);
  });
  reportTwins(
    list,
    ({ name }) => name,
    (index, name, first) => {
      report(
        `${at(index)}.name`,
        `is ${name}, as ${named(at(first))} is; names must differ`,
        "contradiction",
      );
    },
  );
  reportTwins(
    list,
    ({ path }) => path.replace(/\/+$/, ""),
    (index, path, first) => {
      report(
        `${at(index)}.path`,
        `is ${path}, as of ${named(at(first))}; paths must differ`,
        "contradiction",
      );
    },
  );
};

function checkVolume({ name, path, size }: VolumeSpec, at: string, report: Report): void {
  if (!LABEL.test(name)) {
    report(
      `${at}.name`,
      `is ${show(name)}, expected lower case letters, digits and hyphens, such as model-cache`,
    );
  }
  if (!/^\/[^:\0]*[^/:\0]$/.test(path) || path.split("/").includes("..")) {
    report(`${at}.path`, `is ${show(path)}, expected an absolute path without "..", such as /data`);
  }
  if (gibibytesOf(size) > MAX_GIB) report(`${at}.size`, `is ${size}, expected at most 1Pi`);
}

/** The reference lets a source be empty, which asks for nothing. */
function checkSource(source: NonNullable<VolumeSpec["source"]>, at: string, report: Report): void {
  const { type, uri, credentials } = source;
  if (type === undefined && uri === undefined && credentials === undefined) return;
  if (type === undefined) report(`${at}.type`, "is required beside a source", "missing");
  if (uri === undefined) report(`${at}.uri`, "is required beside a source", "missing");
  if (credentials !== undefined && !isSecretName(credentials)) {
    report(`${at}.credentials`, `is ${show(credentials)}, expected the name of a Secret`);
  }
  if (type === undefined || uri === undefined) return;
  const schemes: readonly string[] = SCHEMES[type];
  if (schemes.some((scheme) => uri.startsWith(scheme) && /^[^/\s]+[^\s]*$/.test(uri.slice(scheme.length))))
    return;
  report(`${at}.uri`, `is ${show(uri)}, expected an address that begins with ${schemes.join(" or ")}`);
}

const checkpoint: Rule = ({ sla, workload }, report, named) => {
  if (sla?.backupStrategy !== "Checkpoint") return;
  if (workload?.storage?.volumes?.some(({ type }) => type === "Persistent")) return;
  const where = named("workload.storage.volumes");
  report(
    "sla.backupStrategy",
    `is Checkpoint, which needs a Persistent volume in ${where} to keep`,
    "contradiction",
  );
};

export const storageRules: readonly Rule[] = [volumes, checkpoint];
