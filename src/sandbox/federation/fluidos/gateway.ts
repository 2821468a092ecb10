import { sleep } from "../../../kubernetes/timing.ts";
import { ApiError } from "../../errors.ts";
import { asObject, omit } from "../../json.ts";
import { nameSuffix } from "../../kernel.ts";
import { timestamp } from "../../object.ts";
import type { Draft } from "../cluster.ts";
import type {
  Characteristics,
  Contract,
  EmbeddedFlavor,
  Flavor,
  Gpu,
  Reservation,
  Selector,
} from "../fluidos-types.ts";
import { ALLOCATIONS, CONTRACTS, FLAVORS } from "../kinds.ts";
import {
  FLUIDOS,
  type OpenTransaction,
  type ProviderSite,
  type RearCall,
  stamp,
  type World,
} from "../world.ts";
import { plainMatches } from "./filters.ts";
import { forkGpu, upstreamGpu } from "./gpu-fields.ts";
import { allocationName, contractName, transactionName } from "./names.ts";

const YEAR_MS = 365 * 24 * 3_600_000;

/** A request to a REAR gateway that came to nothing. */
export class RearError extends Error {
  readonly status: number | undefined;

  constructor(message: string, status?: number) {
    super(message);
    this.name = "RearError";
    this.status = status;
  }
}

/** The way to a provider's gateway: it takes its time, and fails where somebody wanted it to. */
async function call(
  world: World,
  provider: ProviderSite,
  what: RearCall,
  signal: AbortSignal,
): Promise<void> {
  await sleep(world.timings.rearMs, signal);
  const { faults, name, identity } = provider;
  if (faults.away) throw new RearError(`dial tcp ${identity.ip}: connect: connection refused`);
  if (faults.failing[what] === 0) return;
  faults.failing[what] -= 1;
  throw new RearError(`received non-OK response status code: 500 (${name} was told to fail)`, 500);
}

/** What the gateway at the address offers. Throws a RearError. */
export async function discoverFlavors(
  world: World,
  address: string,
  selector: Selector | undefined,
  signal: AbortSignal,
): Promise<readonly EmbeddedFlavor[]> {
  const provider = world.providers.find(({ identity }) => identity.ip === address);
  if (provider === undefined) throw new RearError(`dial tcp ${address}: connect: no route to host`);
  await call(world, provider, "discovery", signal);
  const available = provider.cluster.list(FLAVORS, FLUIDOS).filter(({ spec }) => spec.availability);
  return select(world, provider, available, selector).map((flavor) => overRear(world, provider, flavor));
}

function select(
  { consumer }: World,
  provider: ProviderSite,
  available: readonly Flavor[],
  selector: Selector | undefined,
): readonly Flavor[] {
  if (selector === undefined) return available;
  const filters = onWire(asObject(selector.filters));
  if (filters.storageFilter !== undefined && consumer.has("storageFilterRefused"))
    throw new RearError("received non-OK response status code: 400", 400);
  const matching = available.filter(
    ({ spec: { flavorType } }) =>
      flavorType.typeIdentifier === selector.flavorType &&
      plainMatches(filters, flavorType.typeData.characteristics),
  );
  return provider.has("selectorIgnored") ? available.slice(0, matching.length) : matching;
}

/** GPU filters are not sent, nor is a regular expression for the architecture. */
function onWire(filters: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const plain = omit({ ...filters } as Record<string, unknown>, "gpuFilters");
  return asObject(plain.architectureFilter).name === "Range" ? omit(plain, "architectureFilter") : plain;
}

/** The Flavor as it arrives: the wire knows the fields of the poorer of the two. */
function overRear({ consumer }: World, provider: ProviderSite, flavor: Flavor): EmbeddedFlavor {
  const { typeData } = flavor.spec.flavorType;
  const { gpu } = typeData.characteristics;
  const poor = provider.has("gpuLostOverRear") || consumer.has("gpuLostOverRear");
  const arrived = (given: Gpu): Gpu => (poor ? upstreamGpu(given) : forkGpu(given));
  const characteristics: Characteristics = {
    ...typeData.characteristics,
    ...(gpu === undefined ? {} : { gpu: arrived(gpu) }),
  };
  const flavorType = { ...flavor.spec.flavorType, typeData: { ...typeData, characteristics } };
  return embed({ ...flavor, spec: { ...flavor.spec, flavorType } });
}

const embed = ({ metadata, spec }: Flavor): EmbeddedFlavor => ({
  metadata: { name: metadata.name, namespace: FLUIDOS },
  spec,
  status: { creationTime: "", expirationTime: "", lastUpdateTime: "" },
});

const sellerOf = (world: World, { spec }: Reservation): ProviderSite => {
  const provider = world.providers.find(({ identity }) => identity.ip === spec.seller.ip);
  if (provider === undefined) throw new RearError(`dial tcp ${spec.seller.ip}: connect: no route to host`);
  return provider;
};

/** Opens a transaction, or renews the one that the same buyer has for the same Flavor. Availability is not looked at. */
export async function reserveFlavor(
  world: World,
  reservation: Reservation,
  flavor: string,
  signal: AbortSignal,
): Promise<OpenTransaction> {
  const provider = sellerOf(world, reservation);
  await call(world, provider, "reservation", signal);
  const { consumer, timings, now, random } = world;
  if (provider.cluster.get(FLAVORS, flavor, FLUIDOS) === undefined)
    throw new RearError("received non-OK response status code: 500", 500);
  const expiresAt = now() + timings.transactionMs;
  const open = [...provider.transactions.values()].find(
    ({ flavorID, buyer }) => flavorID === flavor && buyer.nodeID === consumer.identity.nodeID,
  );
  const { configuration } = reservation.spec;
  const transaction: OpenTransaction = {
    ...(open ?? {
      id: transactionName(random, now()),
      flavorID: flavor,
      buyer: { ...consumer.identity, additionalInformation: { liqoID: consumer.liqoId } },
      clusterID: consumer.liqoId,
      ...(configuration === undefined ? {} : { configuration }),
    }),
    expiresAt,
    expirationTime: timestamp(expiresAt),
  };
  provider.transactions.set(transaction.id, transaction);
  return transaction;
}

/** Makes the Contract, and the Allocation that the provider keeps of it. Throws a RearError. */
export async function purchaseFlavor(
  world: World,
  reservation: Reservation,
  transactionId: string,
  signal: AbortSignal,
): Promise<Contract> {
  const provider = sellerOf(world, reservation);
  await call(world, provider, "purchase", signal);
  const transaction = provider.transactions.get(transactionId);
  if (transaction === undefined) throw new RearError("received non-OK response status code: 500", 500);
  provider.transactions.delete(transactionId);
  if (transaction.expiresAt < world.now())
    throw new RearError("received non-OK response status code: 408", 408);
  const flavor = provider.cluster.get(FLAVORS, transaction.flavorID, FLUIDOS);
  if (flavor === undefined) throw new RearError("received non-OK response status code: 500", 500);
  return sell(world, provider, flavor, transaction);
}

/** Sells the Flavor; 500 where it was sold before. */
export function sell(
  world: World,
  provider: ProviderSite,
  flavor: Flavor,
  transaction: OpenTransaction,
): Contract {
  const cluster = provider.cluster.as("rear-controller");
  const suffix = provider.has("soldOnce") ? "" : `-${nameSuffix(world.random)}`;
  try {
    const contract = cluster.create(CONTRACTS, contractOf(world, provider, flavor, transaction, suffix));
    const kept = keepStatus(world, provider, contract);
    const { name } = contract.metadata;
    cluster.create(ALLOCATIONS, {
      metadata: { name: `${allocationName(flavor.metadata.name)}${suffix}`, namespace: FLUIDOS },
      spec: { contract: { name, namespace: FLUIDOS } },
    });
    return kept;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new RearError(`received non-OK response status code: 500: ${error.message}`, 500);
  }
}

/** Real Contracts lose their status, for it is written with the rest of them at their creation. */
function keepStatus(world: World, provider: ProviderSite, contract: Contract): Contract {
  if (provider.has("contractStatusDropped")) return contract;
  const phase = { phase: "Active", startTime: stamp(world) };
  return provider.cluster.as("rear-controller").setStatus(CONTRACTS, contract, { phase });
}

function contractOf(
  world: World,
  provider: ProviderSite,
  flavor: Flavor,
  transaction: OpenTransaction,
  suffix: string,
): Draft<Contract> {
  const { liqoId, identity } = provider;
  const { buyer, clusterID, configuration } = transaction;
  return {
    metadata: { name: `${contractName(flavor.metadata.name)}${suffix}`, namespace: FLUIDOS },
    spec: {
      flavor: embed(flavor),
      transactionID: transaction.id,
      ...(configuration === undefined ? {} : { configuration }),
      buyer,
      buyerClusterID: clusterID,
      seller: { ...flavor.spec.owner, ip: identity.ip, additionalInformation: { liqoID: liqoId } },
      peeringTargetCredentials: { liqoID: liqoId, kubeconfig: kubeconfig() },
      expirationTime: timestamp(world.now() + YEAR_MS),
    },
  };
}

/** A kubeconfig that leads nowhere: the simulated Liqo needs none, and what leaks of it harms nobody. */
const kubeconfig = (): string => Buffer.from("apiVersion: v1\nkind: Config\n").toString("base64");
