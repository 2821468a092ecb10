import { describe, expect, it } from "vitest";
import { mergeLogs, type TaskLog } from "../../../../src/hub/api/logs/log-text.ts";
import { type KubeTaskPod, taskPods } from "../../../../src/hub/api/logs/task-pods.ts";

const logOf = (task: number, ...chunks: readonly (string | Error)[]): TaskLog => ({
  task,
  chunks: (async function* () {
    for (const chunk of chunks) {
      if (chunk instanceof Error) throw chunk;
      yield Buffer.from(chunk);
    }
  })(),
});
async function textOf(
  logs: readonly TaskLog[],
  mostBytes = 1e6,
  isPrefixed = logs.length > 1,
): Promise<string> {
  let text = "";
  for await (const chunk of mergeLogs(logs, { mostBytes, isPrefixed })) text += Buffer.from(chunk).toString();
  return text;
}

describe("logs of several tasks", () => {
  it("are one text, each line with its task, whole however it came", async () => {
    const text = await textOf([logOf(0, "a\nb", "c\n"), logOf(1, "x", "y\nz")]);
    expect(text.split("\n").toSorted()).toEqual(["", "[0] a", "[0] bc", "[1] xy", "[1] z"]);
  });

  it("are as they were written where there is only one", async () => {
    expect(await textOf([logOf(3, "a\nb", "c")])).toBe("a\nbc");
  });

  it("go on where one fails, which is told in its place", async () => {
    const text = await textOf([logOf(0, "a\n", new Error("the connection was cut")), logOf(1, "b\n")]);
    expect(text).toContain("[0] a\n");
    expect(text).toContain("[1] b\n");
    expect(text).toContain("[flare] the log of task 0 cannot be read: the connection was cut\n");
  });

  it("are cut off where they are too long, and say so", async () => {
    expect(await textOf([logOf(0, "12345", "67890")], 7)).toBe(
      "1234567[flare] cut off after 7 bytes; ask for less by tail, or for one task\n",
    );
  });

  it("hold no line that never ends", async () => {
    const endless = Array.from({ length: 4 }, () => "x".repeat(40_000));
    const text = await textOf([logOf(0, ...endless), logOf(1)]);
    expect(text.split("\n").filter((line) => line.startsWith("[0] "))).toHaveLength(2);
    expect(text.replaceAll(/\[0\] |\n/g, "")).toBe("x".repeat(160_000));
  });
});

const pod = (
  name: string,
  {
    index,
    offset = 0,
    at = 0,
    group = "0",
  }: { index?: number; offset?: number; at?: number; group?: string } = {},
): KubeTaskPod => ({
  metadata: {
    name,
    creationTimestamp: new Date(at * 1000).toISOString(),
    labels: { "flare.clastix.io/group": group },
    ...(index === undefined
      ? {}
      : { annotations: { "batch.kubernetes.io/job-completion-index": String(index) } }),
  },
  spec: { containers: [{ name: "main", env: [{ name: "FLARE_TASK_OFFSET", value: String(offset) }] }] },
});

describe("pods of an Intent", () => {
  it.each([
    ["tasks by their index", [pod("b", { index: 1 }), pod("a", { index: 0 })], 2, ["0 a", "1 b"]],
    [
      "the last try of a task",
      [pod("new", { index: 0, at: 9 }), pod("old", { index: 0, at: 1 })],
      1,
      ["0 new"],
    ],
    [
      "groups one after the other",
      [pod("c", { index: 0, offset: 2, group: "1" }), pod("a", { index: 1 })],
      3,
      ["1 a", "2 c"],
    ],
    ["replicas by name", [pod("b"), pod("a")], 2, ["0 a", "1 b"]],
    ["no replica of an older rollout", [pod("a", { at: 1 }), pod("b", { at: 5 })], 1, ["0 b"]],
    ["none", [], 1, []],
  ])("are %s", (_what, pods, tasks, told) => {
    expect(taskPods(pods, tasks).map(({ task, name }) => `${task} ${name}`)).toEqual(told);
  });
});
