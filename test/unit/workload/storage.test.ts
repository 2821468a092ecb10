import { describe, expect, test } from "vitest";
import { missingSecrets, secretReferences } from "../../../src/workload/secrets.ts";
import { parseSource } from "../../../src/workload/sources.ts";
import { type Case, EXAMPLES, inputOf, ONE_GPU, objectOf, objectsOf, podOf } from "./examples.ts";

const storage = (
  volume: Record<string, unknown>,
  workload: Record<string, unknown> = {},
): Case["workload"] => ({
  ...workload,
  storage: { volumes: [{ name: "data", path: "/data", size: "10Gi", type: "Persistent", ...volume }] },
});
const s3 = { type: "S3", uri: "s3://bucket/path", credentials: "s3-keys" };

describe("a persistent volume", () => {
  const elsewhere = { ...ONE_GPU, node: "gpu-2" };
  const options = { storage: { className: "fast", sharedClassName: "nfs" } };
  test.each<[string, Case, string, string | undefined]>([
    ["on one node is written from there", { options }, "ReadWriteOnce", "fast"],
    [
      "on several nodes is written from all",
      { options, assignments: [ONE_GPU, elsewhere] },
      "ReadWriteMany",
      "nfs",
    ],
    [
      "on several nodes has the one class there is",
      { options: { storage: { className: "any" } }, assignments: [ONE_GPU, elsewhere] },
      "ReadWriteMany",
      "any",
    ],
    ["has the cluster's default class where none is configured", {}, "ReadWriteOnce", undefined],
  ])("%s", (_, given, mode, storageClassName) => {
    const { spec } = objectOf("PersistentVolumeClaim", { ...given, workload: storage({}) ?? {} });
    expect(spec?.accessModes).toEqual([mode]);
    expect(spec?.storageClassName).toBe(storageClassName);
  });

  test("of a Batch goes back to its source after the task has succeeded, and only then", () => {
    const { initContainers = [], containers } = podOf({
      workload: storage({ source: s3 }, { type: "Batch" }) ?? {},
    });
    expect(initContainers.map(({ name }) => name)).toEqual(["copy-in-0", "main"]);
    expect(containers.map(({ name, args }) => [name, args?.slice(1, 3)])).toEqual([
      ["copy-out-0", ["/data", ":s3:bucket/path"]],
    ]);
  });

  test.each([
    ["of a Service", { source: s3 }, {}],
    ["that is temporary", { source: s3, type: "Temporary" }, { type: "Batch" }],
  ])("%s is only copied in", (_, volume, workload) => {
    const { initContainers = [], containers } = podOf({ workload: storage(volume, workload) ?? {} });
    expect(initContainers.map(({ name }) => name)).toEqual(["copy-in-0"]);
    expect(containers.map(({ name }) => name)).toEqual(["main"]);
  });
});

describe("shared memory", () => {
  const several = [{ ...ONE_GPU, units: 4 }];
  const shared = (given: Case) =>
    podOf(given).volumes?.find(({ name }) => name === "shared-memory")?.emptyDir;

  test("is half of the memory where GPUs work together", () => {
    expect(shared({ assignments: several })).toEqual({ medium: "Memory", sizeLimit: "4Gi" });
  });

  test.each<[string, Case]>([
    ["one GPU works alone", {}],
    [
      "the Intent mounts its own",
      { assignments: several, workload: storage({ path: "/dev/shm/", type: "Temporary" }) ?? {} },
    ],
    ["no memory was asked for", { assignments: several, workload: { resources: { gpu: {} } } }],
  ])("is left as it is where %s", (_, given) => {
    expect(shared(given)).toBeUndefined();
  });
});

describe("a source", () => {
  test.each([
    ["S3", "s3://bucket/a/b", ":s3:bucket/a/b"],
    ["GCS", "gs://bucket", ":gcs:bucket"],
    ["GCS", "gcs://bucket/x", ":gcs:bucket/x"],
    ["Azure", "azure://container/x", ":azureblob:container/x"],
    ["Azure", "https://acct.blob.core.windows.net/container/x", ":azureblob:container/x"],
    ["Azure", "wasbs://container@acct.blob.core.windows.net/x/y", ":azureblob:container/x/y"],
    ["Azure", "abfss://container@acct.dfs.core.windows.net/x", ":azureblob:container/x"],
    ["Azure", "abfss://container/x", ":azureblob:container/x"],
  ] as const)("%s %s is %s to rclone", (type, uri, url) => {
    expect(parseSource({ type, uri })?.url).toBe(url);
  });

  test.each([
    ["S3", "gs://bucket"],
    ["S3", "s3://"],
    ["S3", "s3:///path"],
    ["S3", "bucket/path"],
    ["GCS", "https://storage.googleapis.com/bucket"],
    ["Azure", "https://acct.blob.core.windows.net"],
    ["Azure", "ftp://container/x"],
    ["Azure", "wasbs://@acct/x"],
  ] as const)("%s does not read %s", (type, uri) => {
    expect(parseSource({ type, uri })).toBeUndefined();
  });

  test("in Azure names its account, which the Secret does not override", () => {
    const source = { type: "Azure", uri: "https://acct.blob.core.windows.net/c/x", credentials: "az" };
    const [copy] = podOf({ workload: storage({ source }) ?? {} }).initContainers ?? [];
    const account = copy?.env?.filter(({ name }) => name === "RCLONE_AZUREBLOB_ACCOUNT");
    expect(account).toEqual([{ name: "RCLONE_AZUREBLOB_ACCOUNT", value: "acct" }]);
  });

  test("in another cloud than Azure's own has its endpoint", () => {
    const uri = "https://acct.blob.core.chinacloudapi.cn/c/x";
    expect(parseSource({ type: "Azure", uri })?.settings).toEqual({
      RCLONE_AZUREBLOB_ACCOUNT: "acct",
      RCLONE_AZUREBLOB_ENDPOINT: "https://acct.blob.core.chinacloudapi.cn",
    });
  });

  test("without credentials is read as anybody may", () => {
    const [copy] =
      podOf({ workload: storage({ source: { type: "GCS", uri: "gs://public" } }) ?? {} }).initContainers ??
      [];
    expect(copy?.env).toContainEqual({ name: "RCLONE_GCS_ANONYMOUS", value: "true" });
    expect(copy?.env?.every(({ valueFrom }) => valueFrom === undefined)).toBe(true);
  });
});

describe("Secrets to be copied", () => {
  const workload = {
    ...storage({ source: s3 }),
    secrets: [
      { name: "s3-keys", env: "X" },
      { name: "tok", env: "TOK" },
    ],
  };
  const options = { imagePullSecrets: [{ namespace: "flare", name: "reg" }] };

  test("are named once each, with where from, which keys and what for", () => {
    const references = secretReferences(inputOf({ workload, options }));
    expect(
      references.map(({ from, keys, use }) => [`${from.namespace}/${from.name}`, keys.length, use]),
    ).toEqual([
      ["team-a/s3-keys", 6, "env"],
      ["team-a/tok", 1, "env"],
      ["flare/reg", 1, "image-pull"],
    ]);
  });

  test.each([
    ["are missing when not there", {}, ["s3-keys", "tok", "reg"]],
    [
      "are missing without their key",
      {
        "team-a/tok": { data: { other: "eA==" } },
        "team-a/s3-keys": { data: { "s3-keys": "eA==" } },
        "flare/reg": { data: { ".dockerconfigjson": "e30=" } },
      },
      ["s3-keys", "tok"],
    ],
    [
      "are there with the keys that are needed",
      {
        "team-a/tok": { data: { tok: "eA==" } },
        "team-a/s3-keys": { data: { "s3-keys": "eA==", AWS_ACCESS_KEY_ID: "eA==" } },
        "flare/reg": { data: { ".dockerconfigjson": "e30=" } },
      },
      [],
    ],
  ])("%s", (_, secrets, missing) => {
    const input = inputOf({ workload, options, input: { secrets } });
    expect(missingSecrets(input).map(({ from }) => from.name)).toEqual(missing);
  });

  test("of the examples are all there", () => {
    for (const example of Object.values(EXAMPLES)) expect(missingSecrets(example)).toEqual([]);
  });

  test("keep their type when images are pulled with them", () => {
    const secrets = { "flare/reg": { data: { ".dockerconfigjson": "e30=", more: "eA==" } } };
    const [secret] = objectsOf("Secret", { options, input: { secrets } });
    expect(secret?.type).toBe("kubernetes.io/dockerconfigjson");
    expect(Object.keys(secret?.data ?? {})).toEqual([".dockerconfigjson"]);
  });
});
