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
  /** Everything came as it should have. */
  readonly ok: boolean;
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
  listener: Listener,
): Promise<FederatedStory> {
  const stage = { ...listener, sites, hubs, intents: await readIntentFile() };
  const offers = await gather(stage);
  const bought = await buy(stage);
  const refused = await beRefused(stage);
  const intents = await useOwn(stage);
  const ended = await giveBack(stage, bought);
  const anew = await offerAnew(stage);
  const isPlaced = placesOf(intents) === `train ${DOOR}, tune ${DOOR}, vision ${sites.lab.name}`;
  const ok =
    offers.length === OFFERS &&
    bought.objects.length === OBJECTS &&
    refused.length === 1 &&
    isPlaced &&
    ended.ok &&
    anew.ok;
  const { objects } = bought;
  const { givenBack, left, staysSold } = ended;
  return { ok, offers, objects, intents, refused, givenBack, left, staysSold, afterwards: anew.afterwards };
}

/** Of three nodes in the federation and one in the lab. */
const OFFERS = 4;
/** What stands for one purchase, from the Reservation to the pod at the seller's. */
const OBJECTS = 10;

const placesOf = (intents: readonly IntentRow[]): string =>
  intents.map(({ name, provider }) => `${name} ${provider}`).join(", ");

async function gather({ hubs, show, progress, signal }: Stage): Promise<readonly OfferRow[]> {
  progress(`
1. One pool
alpha and beta sell parts of their nodes through FLUIDOS: what they offer are its Flavors. At alpha the CLASTIX fork of
FLUIDOS makes them of the annotations that our agents write. beta has upstream FLUIDOS, which knows nothing of GPUs: there
\`flare hub --role provider\` publishes them. The hub has a kubeconfig of the lab alone. It asks the federation what there is
to buy (a round of discovery); each answer, a PeeringCandidate, is an offer beside those of the lab:`);
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
    return [`${name} is spared until ${new Date(because.until).toISOString()}: ${because.because}`];
  });
  for (const each of refused)
    progress(`Why is kept on the candidate, and in the Intent's Events:\n  ${each}`);
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

interface Ended {
  readonly ok: boolean;
  readonly givenBack: readonly string[];
  readonly left: readonly string[];
  readonly staysSold: readonly string[];
}

async function giveBack({ sites, intents, progress, signal }: Stage, bought: Bought): Promise<Ended> {
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
  const told = await Promise.all([...intents.keys()].map((name) => toldOf(client, name, "NotGivenBack")));
  const staysSold = told.flat();
  progress("FLUIDOS releases nothing that it sold, so that the hub says so (Events of the Intents):");
  for (const each of staysSold) progress(`  ${each}`);
  const ok = before.length > 0 && left.length === 0 && isInOrder(givenBack) && staysSold.length === 2;
  return { ok, givenBack, left, staysSold };
}

/** Names by which the objects of a purchase, or their namespace, are known; those of the namespaces of all are not. */
const namesOf = ({ namespace, objects }: Bought): ReadonlySet<string> =>
  new Set([namespace, ...objects.map(({ name }) => name).filter((name) => name !== "offloading")]);

async function offerAnew(
  stage: Stage,
): Promise<{ readonly ok: boolean; readonly afterwards: readonly OfferRow[] }> {
  const { sites, hubs, show, progress, signal } = stage;
  progress(`
6. What was sold is sold again
At beta somebody deletes the Contract that has ended, and its Allocation. Its hub sees that the GPUs are free and offers the
same Flavor anew; the next round of discovery finds it:`);
  const { client } = sites.beta;
  for (const resource of [ALLOCATIONS, CONTRACTS])
    for (const { metadata } of await listAll(client, resource)) await client.delete(resource, metadata ?? {});
  const isBack = await waitFor(async () => freeAtBeta(readOffers(hubs.pool())) > 0, signal);
  const afterwards = readOffers(hubs.pool());
  show(offerTable(afterwards));
  progress("train comes back, and gets it:");
  const again = await submit(stage, "train");
  const ok = isBack && again?.status?.placement?.provider === DOOR;
  return { ok, afterwards };
}

const freeAtBeta = (offers: readonly OfferRow[]): number =>
  offers.filter(({ seller }) => seller === "beta").reduce((sum, { free }) => sum + free, 0);

function submit({ sites, intents, ...listener }: Stage, name: string): Promise<KubeIntent | undefined> {
  const intent = intents.get(name);
  return intent === undefined
    ? Promise.resolve(undefined)
    : followToRunning(sites.hub.client, intent, listener);
}
