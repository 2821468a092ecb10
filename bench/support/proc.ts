/** What Linux tells of a process, by its /proc files. */
import { readdirSync, readFileSync } from "node:fs";

export interface Memory {
  /** MiB in RAM. */
  readonly resident: number;
  /** Of those, private: the program's own heap and stacks. */
  readonly anonymous: number;
  /** Of those, mapped files: the Node binary above all, of which a host holds one copy for all its processes. */
  readonly file: number;
}

export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mebibytes = (field: string): number =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? Number.NaN) / 1024;
  return { resident: mebibytes("VmRSS"), anonymous: mebibytes("RssAnon"), file: mebibytes("RssFile") };
}

/** CPU time of all threads so far, in milliseconds; finer than the clock ticks of /proc/PID/stat. */
export function cpuMillisecondsOf(pid: number): number {
  const nanoseconds = readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return nanoseconds.reduce((sum, value) => sum + value, 0) / 1e6;
}
