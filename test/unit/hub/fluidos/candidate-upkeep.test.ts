import { describe, expect, it } from "vitest";
import { parseContract } from "../../../../src/fluidos/contract.ts";
import { roundName } from "../../../../src/fluidos/discovery.ts";
import { CANDIDATE_KEYS, parsePeeringCandidate } from "../../../../src/fluidos/peering-candidate.ts";
import { parseReservation } from "../../../../src/fluidos/reservation.ts";
import { createKeptNotes } from "../../../../src/hub/engines/fluidos/candidate-notes.ts";
import {
  clearTheWay,
  keepCandidates,
  type Upkeep,
} from "../../../../src/hub/engines/fluidos/candidate-upkeep.ts";
import { fluidosSection } from "../../../../src/hub/engines/fluidos/config.ts";
import type { ConsumerView } from "../../../../src/hub/engines/fluidos/consumer-view.ts";
import type { KubeClient } from "../../../../src/kubernetes/kube-client.ts";
import type { KubeObject } from "../../../../src/kubernetes/objects.ts";
import { candidateObject } from "../../fluidos/samples.ts";

const NOW = Date.parse("2026-11-25T12:00:00Z");
const HOUR = 3_600_000;

interface Given {
  readonly name: string;
  readonly uid?: string;
  readonly available?: boolean;
  readonly seenAgoMs?: number;
  readonly notes?: Readonly<Record<string, string>>;
}

/** As it is written in the API. */
function object({ name, uid = name, available = true, seenAgoMs = 0, notes = {} }: Given): KubeObject {
  const spec = { available, interestedSolverIDs: [roundName(NOW - seenAgoMs)] };
  const made = candidateObject({ flavor: name, annotations: notes, spec });
  return { ...made, metadata: { ...made.metadata, uid } };
}

const reservationOf = (flavor: string) => ({
  metadata: { name: `of-${flavor}` },
  spec: { peeringCandidate: { name: `peeringcandidate-${flavor}`, namespace: "fluidos" } },
});

interface Site {
  readonly candidates: readonly Given[];
  /** Flavors that are reserved by hubs, by anybody, and bought. */
  readonly ours?: readonly string[];
  readonly reserved?: readonly string[];
  readonly bought?: readonly string[];
  readonly held?: readonly string[];
}

function site({ candidates, ours = [], reserved = [], bought = [], held = [] }: Site) {
  const deleted: string[] = [];
  const patched: object[] = [];
  const keptNotes = createKeptNotes();
  const read = (all: readonly Given[]) =>
    all.map((each) => parsePeeringCandidate(keptNotes.recalled(object(each))));
  const shown = { candidates: read(candidates) };
  const view: Partial<ConsumerView> = {
    candidates: () => shown.candidates,
    keptNotes,
    reservations: () => ours.map((flavor) => parseReservation(reservationOf(flavor))),
    contracts: () =>
      bought.map((name) => {
        const { flavor } = candidateObject({ flavor: name }).spec;
        return parseContract({ spec: { flavor, seller: flavor.spec.owner } });
      }),
  };
  const client: Partial<KubeClient> = {
    delete: async (_, { name = "" }) => {
      deleted.push(name.replace("peeringcandidate-", ""));
    },
    patch: async <T>(_: unknown, { name = "" }, patch: object) => {
      patched.push({ name, patch });
      return {} as T;
    },
    list: async function* () {
      yield { items: [...ours, ...reserved].map(reservationOf) as never[], resourceVersion: "1" };
    },
  };
  const work: Upkeep = {
    client: client as KubeClient,
    view: view as ConsumerView,
    fluidos: fluidosSection.parse({}),
    isHeld: (flavor) => held.includes(flavor),
    now: () => NOW,
    signal: new AbortController().signal,
  };
  const show = (...all: readonly Given[]): void => {
    shown.candidates = read(all);
  };
  return { work, deleted, patched, shown, show };
}

const refused = { [CANDIDATE_KEYS.refusedBecause]: "no", [CANDIDATE_KEYS.latePurchase]: "t-1 team-a/n u-1" };
const all: Site = {
  candidates: [
    { name: "plain" },
    { name: "noted", notes: refused },
    { name: "closed", available: false },
    { name: "ours", notes: refused },
    { name: "theirs", available: false },
    { name: "bought", available: false },
    { name: "held" },
  ],
  ours: ["ours"],
  reserved: ["theirs"],
  bought: ["bought"],
  held: ["held"],
};

describe("candidates that upstream FLUIDOS trips over", () => {
  it("make way at first where nothing is known of them, and nobody has them", async () => {
    const { work, deleted } = site(all);
    await clearTheWay(work, { ofNoted: false });
    expect(deleted).toEqual(["plain"]);
  });

  it("make way also with notes, or closed, where that was not enough", async () => {
    const { work, deleted } = site(all);
    await clearTheWay(work, { ofNoted: true });
    expect(deleted).toEqual(["plain", "noted", "closed"]);
  });

  it("are read with their notes at once when they come again, and have them written; not the old one", async () => {
    const before = { name: "noted", notes: refused };
    const { work, patched, shown, show } = site({ candidates: [before] });
    await clearTheWay(work, { ofNoted: true });
    show(before);
    await keepCandidates(work);
    expect(patched).toEqual([]);
    // It is found again, and has been refused anew meanwhile.
    const since = { [CANDIDATE_KEYS.refusedBecause]: "no, again" };
    const annotations = { [CANDIDATE_KEYS.latePurchase]: "t-1 team-a/n u-1" };
    show({ name: "noted", uid: "second", notes: since });
    expect(shown.candidates).toMatchObject([{ candidate: { notes: { ...since, ...annotations } } }]);
    await keepCandidates(work);
    expect(patched).toEqual([{ name: "peeringcandidate-noted", patch: { metadata: { annotations } } }]);
    show({ name: "noted", uid: "second", notes: { ...since, ...annotations } });
    await keepCandidates(work);
    expect(patched).toHaveLength(1);
  });
});

describe("candidates that nobody has seen for long", () => {
  it("are deleted, those too that FLUIDOS left closed, but for those that somebody has", async () => {
    const seenAgoMs = 2 * HOUR;
    const { work, deleted } = site({
      ...all,
      candidates: all.candidates.map((each) => ({ ...each, seenAgoMs })),
    });
    await keepCandidates(work);
    expect(deleted).toEqual(["plain", "noted", "closed", "held"]);
  });

  it("are kept while a sale of their seller may have left a rest of them", async () => {
    const part = JSON.stringify({ cpu: 1, memoryBytes: 1, pods: 1, gpus: 1 });
    const root = { name: "root", seenAgoMs: 2 * HOUR, notes: { [CANDIDATE_KEYS.soldPart]: part } };
    const { work, deleted } = site({ candidates: [root], bought: ["other"] });
    await keepCandidates(work);
    expect(deleted).toEqual([]);
  });
});
