import type { Offer } from "./types.ts";

/** What lasts of offers: all that is told of them but their names and what is free. */
export interface Kind {
  /** Below the number of offers; taken by another kind once there is no offer of this one. */
  readonly id: number;
  /** All that is told of them, as text. */
  readonly key: string;
  /** One of them. */
  readonly sample: Offer;
  /** How many there are. */
  size: number;
}

/** The kinds that there are among some offers. */
export interface Kinds {
  /** The kind of an offer as it is told, which is one more of that kind. */
  join(told: Offer): Kind;
  leave(kind: Kind): void;
}

/** Of offers as they are told, which stay the same objects while others come and go; those of one kind share the text. */
const keys = new WeakMap<Offer, string>();

export function createKinds(): Kinds {
  const known = new Map<string, Kind>();
  const left: number[] = [];
  return {
    join: (told) => {
      const key = keys.get(told) ?? keyOf(told);
      const kind = known.get(key) ?? { id: left.pop() ?? known.size, key, sample: told, size: 0 };
      known.set(key, kind);
      keys.set(told, kind.key);
      kind.size += 1;
      return kind;
    },
    leave: (kind) => {
      kind.size -= 1;
      if (kind.size > 0) return;
      known.delete(kind.key);
      left.push(kind.id);
    },
  };
}

/** What sets offers of one kind apart. */
const APART = { id: "", node: "", free: 0, cpu: 0, memoryGi: 0, nodeIdle: true };

const keyOf = (told: Offer): string =>
  JSON.stringify({ ...told, ...APART, devices: told.devices !== undefined });
