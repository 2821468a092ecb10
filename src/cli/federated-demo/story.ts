import { ALLOCATIONS, CONTRACTS, PEERING_CANDIDATES } from "../../fluidos/kinds.ts";
import { parsePeeringCandidate } from "../../fluidos/peering-candidate.ts";
import { INTENTS, type KubeIntent } from "../../hub/intents/intent-view.ts";
import { type IntentRow, intentTable, readIntents, waitFor } from "../demo-intents.ts";
import type { Listener } from "../demo-story.ts";
import { isInOrder, noteDepartures } from "./giving-back.ts";
import { type DemoHubs, DOOR } from "./hubs.ts";
import { followToRunning, readIntentFile, TEAM, toldOf } from "./intents.ts";
import { leftBehind, listAll, type ObjectRow, objectsOf, objectTable } from "./objects.ts";
import { type OfferRow, offerTable, readOffers } from "./offers.ts";
import type { DemoSites } from "./sites.ts";

export interface FederatedStory {
  /** What did not come as it should have; nothing. */
  readonly failed: readonly string[];
  /** The pool, before anything of it was taken. */
  readonly offers: readonly OfferRow[];
  /** What was made for the first Intent. */
  readonly objects: readonly ObjectRow[];
  readonly intents: readonly IntentRow[];
  /** Candidates that failed, and why. */
  readonly refused: readonly string[];
  /** Kinds of the first Intent's objects, in the order in which they went. */
  readonly givenBack: readonly string[];
  /** What the cancelled Intents left; nothing. */
  readonly left: readonly string[];
  /** Sales that FLUIDOS does not take back, as the hub told them. */
  readonly staysSold: readonly string[];
  /** The pool once a provider has offered anew what had been sold. */
  readonly afterwards: readonly OfferRow[];
  /** Where the first Intent is that came a second time. */
  readonly again: string | undefined;
}

interface Stage extends Listener {
  readonly sites: DemoSites;
  readonly hubs: DemoHubs;
  readonly intents: ReadonlyMap<string, KubeIntent>;
}

/** GPUs are bought of a federation, refused, lent by the lab, given back and offered anew. */
export async function tellFederatedStory(
  sites: DemoSites,
  hubs: DemoHubs,
  { signal, show, progress }: Listener,
): Promise<FederatedStory> {
  // Who has pressed Ctrl-C wants to hear no more.
  const unless = (tell: (text: string) => void) => (text: string) => {
    if (!signal.aborted) tell(text);
  };
  const intents = await readIntentFile();
  const stage: Stage = { sites, hubs, intents, signal, show: unless(show), progress: unless(progress) };
  const offers = await gather(stage);
  const bought = await buy(stage);
  const refused = await beRefused(stage);
  const rows = await useOwn(stage);
  const ended = await giveBack(stage, bought);
  const anew = await offerAnew(stage);
  const story = { offers, objects: bought.objects, intents: rows, refused, ...ended, ...anew };
  const failed = failuresOf(story);
  if (failed.length > 0) stage.progress(`\nThat did not come as it should have: ${failed.join("; ")}.`);
  return { failed, ...story };
}

/** Of three nodes in the federation and one in the lab. */
const OFFERS = 4;
/** Of three Intents, one is in the lab. */
const SALES = 2;
/** What stands for one purchase, from the Reservation to the pod at the seller's. */
const OBJECTS = 10;

/** Counts what the story claims. */
function failuresOf(story: Omit<FederatedStory, "failed">): readonly string[] {
  const { offers, objects, intents, refused, givenBack, left, staysSold, afterwards, again } = story;
  const places = intents.map(({ name, phase, provider }) => `${name} ${phase} ${provider}`);
  const claims: Readonly<Record<string, boolean>> = {
    "not everything that there is was in the pool": offers.length === OFFERS,
    "not everything that a purchase needs was there": objects.length === OBJECTS,
    "no candidate was refused": refused.length === 1,
    "an Intent has no place, or another one": EXPECTED.every((place) => places.includes(place)),
    "what was bought was not given back in order": isInOrder(givenBack),
    "something was left": left.length === 0,
    "it was not told what stays sold": staysSold.length === SALES,
    "what was sold was not offered anew": freeAtBeta(afterwards) === 4,
    "what was offered anew was not bought": again === afterwards.find(isFreeAtBeta)?.name,
  };
  return Object.keys(claims).filter((claim) => claims[claim] !== true);
}

const EXPECTED = [`train Running ${DOOR}`, `tune Running ${DOOR}`, "vision Running lab"];

async function gather({ hubs, show, progress, signal }: Stage): Promise<readonly OfferRow[]> {
  progress(`
1. One pool
Clusters sell parts of themselves to each other by FLUIDOS; by Liqo such a part becomes a node of the buyer's cluster.
alpha and beta sell parts of their nodes through FLUIDOS: what they offer are its Flavors. At alpha the CLASTIX fork of
FLUIDOS makes them of the annotations that our agents write. beta has upstream FLUIDOS, which knows nothing of GPUs: there
\`flare hub --role provider\` publishes them. The hub knows two Providers: lab, whose kubeconfig it has, and federation, which
stands for all that can be bought. It asks what there is (a round of discovery); each answer, a PeeringCandidate, is an offer
beside those of the lab:`);
  await waitFor(async () => readOffers(hubs.pool()).length === OFFERS, signal);
  const offers = readOffers(hubs.pool());
  show(offerTable(offers));
  return offers;
}

interface Bought {
  readonly uid: string;
  readonly namespace: string;
  readonly objects: readonly ObjectRow[];
}

async function buy(stage: Stage): Promise<Bought> {
  const { sites, show, progress } = stage;
  progress(`
2. An Intent is bought for
train asks for 4 H100, as cheap as they come. beta's are the cheapest that do, so the hub buys them. What it says:`);
  const running = await submit(stage, "train");
  const uid = running?.metadata?.uid ?? "";
  const objects = await objectsOf(sites.hub, sites.beta, uid);
  progress(`The hub's cluster now has a node that is a part of beta's. It was reserved and bought (FLUIDOS: Reservation,
Transaction, Contract), peered for (Allocation, which makes Liqo's ResourceSlice; FLUIDOS asks for no GPUs there, so the hub
adds them) and is reached through Liqo (VirtualNode, Node; NamespaceOffloading opens the Intent's namespace to it):`);
  show(objectTable(objects));
  return { uid, namespace: running?.status?.placement?.namespace ?? "", objects };
}

async function beRefused(stage: Stage): Promise<readonly string[]> {
  const { sites, progress } = stage;
  progress(`
3. A purchase fails
tune asks for 1 H100. beta has none left, and of alpha's the first is cheaper; but alpha fails when it is paid. The hub takes
the next one:`);
  sites.federation.provider("alpha").failNext("purchase");
  await submit(stage, "tune");
  const { client } = sites.hub;
  const candidates = (await listAll(client, PEERING_CANDIDATES)).map((each) => parsePeeringCandidate(each));
  const refused = candidates.flatMap((read) => {
    if (!read.ok || read.candidate.refused === undefined) return [];
    const { name, refused: because } = read.candidate;
    return [`${name}, until ${new Date(because.until).toISOString()}: ${because.because}`];
  });
  for (const each of refused)
    progress(
      `Why is kept in the Intent's Events and on the candidate, which is passed over for a while:\n  ${each}`,
    );
  return refused;
}

async function useOwn(stage: Stage): Promise<readonly IntentRow[]> {
  const { sites, show, progress } = stage;
  progress(`
4. What is at hand needs no purchase
vision is content with any GPU of 40 GB. The lab's L40S is the cheapest; the hub has its kubeconfig and deploys there itself:`);
  await submit(stage, "vision");
  const intents = await readIntents(sites.hub.client);
  show(intentTable(intents));
  return intents;
}

async function giveBack(
  { sites, intents, progress, signal }: Stage,
  bought: Bought,
): Promise<Pick<FederatedStory, "givenBack" | "left" | "staysSold">> {
  const { client } = sites.hub;
  progress(`
5. All is given back
The three Intents are deleted. Of train, each goes once the one before is gone:`);
  const before = await leftBehind(sites);
  const departures = noteDepartures(sites.hub);
  for (const name of intents.keys()) await client.delete(INTENTS, { namespace: TEAM, name });
  await waitFor(async () => (await readIntents(client)).length === 0, signal);
  // What a provider's Liqo takes away may be a moment younger than the Intent's end.
  await waitFor(async () => (await leftBehind(sites)).length === 0, signal);
  const left = await leftBehind(sites);
  departures.end();
  const givenBack = departures.kindsOf(namesOf(bought));
  progress(`  ${givenBack.join(", ")}`);
  progress(
    left.length === 0
      ? `No orphans: of ${before.length} objects of FLARE, FLUIDOS and Liqo in four clusters, 0 are left.`
      : `That did not end well: ${left.length} of ${before.length} objects are left: ${left.join(", ")}`,
  );
  let staysSold: readonly string[] = [];
  // Events are written a moment after what they tell of.
  await waitFor(async () => {
    const told = [...intents.keys()].map((name) => toldOf(client, name, "NotGivenBack"));
    staysSold = (await Promise.all(told)).flat();
    return staysSold.length === SALES;
  }, signal);
  progress(
    "FLUIDOS releases nothing that it sold, and the hub says so (Events of the Intents; sellers by the ids of their FLUIDOS nodes):",
  );
  for (const each of staysSold) progress(`  ${each}`);
  return { givenBack, left, staysSold };
}

/** Names by which the objects of a purchase, or their namespace, are known; those of the namespaces of all are not. */
const namesOf = ({ namespace, objects }: Bought): ReadonlySet<string> =>
  new Set([namespace, ...objects.map(({ name }) => name).filter((name) => name !== "offloading")]);

async function offerAnew(stage: Stage): Promise<Pick<FederatedStory, "afterwards" | "again">> {
  const { sites, hubs, show, progress, signal } = stage;
  progress(`
6. What was sold is sold again
At beta somebody deletes the Contract that has ended, and its Allocation. Its hub sees that the GPUs are free and offers the
same Flavor anew; the next round of discovery finds it:`);
  const { client } = sites.beta;
  for (const resource of [ALLOCATIONS, CONTRACTS])
    for (const { metadata } of await listAll(client, resource)) await client.delete(resource, metadata ?? {});
  await waitFor(async () => freeAtBeta(readOffers(hubs.pool())) === 4, signal);
  const afterwards = readOffers(hubs.pool());
  show(offerTable(afterwards));
  progress("train comes back, and gets it:");
  const running = await submit(stage, "train");
  return { afterwards, again: running?.status?.placement?.node };
}

const isFreeAtBeta = ({ seller, free }: OfferRow): boolean => seller === "beta" && free > 0;
const freeAtBeta = (offers: readonly OfferRow[]): number =>
  offers.filter(isFreeAtBeta).reduce((sum, { free }) => sum + free, 0);

function submit({ sites, intents, ...listener }: Stage, name: string): Promise<KubeIntent | undefined> {
  const intent = intents.get(name);
  return intent === undefined
    ? Promise.resolve(undefined)
    : followToRunning(sites.hub.client, intent, listener);
}
