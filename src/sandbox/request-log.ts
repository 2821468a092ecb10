/** One kind of request and how often it came. */
export interface RequestCount {
  readonly verb: string;
  /** Plural name with its subresource, e.g. `nodes/status`; for paths that are no resource the path. */
  readonly resource: string;
  readonly count: number;
}

/** What clients asked of the server, for tests that assert on calls. */
export interface RequestLog {
  all(): readonly RequestCount[];
  count(filter?: { readonly verb?: string; readonly resource?: string }): number;
  /** Requests that may change something: create, update, patch, delete, deletecollection. */
  writes(): number;
  reset(): void;
}

const writing = new Set(["create", "update", "patch", "delete", "deletecollection"]);
/** Paths come from clients; past this many different ones they are counted together. */
const maxKinds = 10_000;

export function createRequestLog(): RequestLog & { record(verb: string, resource: string): void } {
  const counts = new Map<string, RequestCount>();
  const sum = (keep: (entry: RequestCount) => boolean): number =>
    [...counts.values()].filter(keep).reduce((total, entry) => total + entry.count, 0);
  return {
    record(verb, resource) {
      const named = counts.size < maxKinds ? resource : "(others)";
      const key = `${verb} ${named}`;
      counts.set(key, { verb, resource: named, count: (counts.get(key)?.count ?? 0) + 1 });
    },
    all: () => [...counts.values()],
    count: ({ verb, resource } = {}) =>
      sum(
        (entry) =>
          (verb === undefined || entry.verb === verb) &&
          (resource === undefined || entry.resource === resource),
      ),
    writes: () => sum((entry) => writing.has(entry.verb)),
    reset: () => counts.clear(),
  };
}
