/** What of an Intent decides its place in the queue. */
export interface Waiting {
  readonly key: string;
  readonly tenant: string;
  readonly priority: number;
  /** Since when it waits, milliseconds since 1970. */
  readonly since: number;
}

/**
 * The order in which waiting Intents have their turn: the higher priority first; among equals the tenant that holds the
 * fewest GPUs, which grows with each turn by what the Intent would get; then the one that waits longest.
 */
export function* inTurn<W extends Waiting & { readonly gpus: number }>(
  waiting: readonly W[],
  heldBy: ReadonlyMap<string, number>,
): Generator<W, void, boolean | undefined> {
  const share = new Map(heldBy);
  for (const level of levels(waiting)) {
    const queues = tenantQueues(level);
    while (queues.size > 0) {
      const [tenant, queue] = leastServed(queues, share);
      const next = queue.shift();
      if (queue.length === 0) queues.delete(tenant);
      if (next === undefined) continue;
      // Whoever asks says whether it got its GPUs; by default it did.
      const served = yield next;
      if (served !== false) share.set(tenant, (share.get(tenant) ?? 0) + next.gpus);
    }
  }
}

function levels<W extends Waiting>(waiting: readonly W[]): readonly (readonly W[])[] {
  const byPriority = new Map<number, W[]>();
  for (const each of waiting) {
    const level = byPriority.get(each.priority);
    if (level === undefined) byPriority.set(each.priority, [each]);
    else level.push(each);
  }
  return [...byPriority].sort(([left], [right]) => right - left).map(([, level]) => level);
}

function tenantQueues<W extends Waiting>(level: readonly W[]): Map<string, W[]> {
  const queues = new Map<string, W[]>();
  for (const each of level.toSorted(byAge)) {
    const queue = queues.get(each.tenant);
    if (queue === undefined) queues.set(each.tenant, [each]);
    else queue.push(each);
  }
  return queues;
}

const byAge = (left: Waiting, right: Waiting): number =>
  left.since - right.since || (left.key < right.key ? -1 : 1);

/** The tenant with the smallest share; among equals the one whose first Intent waits longest. */
function leastServed<W extends Waiting>(
  queues: ReadonlyMap<string, W[]>,
  share: ReadonlyMap<string, number>,
): readonly [string, W[]] {
  let best: readonly [string, W[]] = ["", []];
  for (const entry of queues) {
    if (best[1].length === 0 || isBefore(entry, best, share)) best = entry;
  }
  return best;
}

function isBefore<W extends Waiting>(
  [tenant, [first]]: readonly [string, W[]],
  [other, [head]]: readonly [string, W[]],
  share: ReadonlyMap<string, number>,
): boolean {
  const difference = (share.get(tenant) ?? 0) - (share.get(other) ?? 0);
  if (difference !== 0 || first === undefined || head === undefined) return difference < 0;
  return byAge(first, head) < 0;
}
