import type { Provider } from "../../intent/resources.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { parseDateTime } from "../../units/dates.ts";
import { isOwned } from "../../workload/identity.ts";
import type { SecretValue, WorkloadInput } from "../../workload/input.ts";
import { observeWorkload } from "../../workload/observe.ts";
import type { CapsuleTenant, WorkloadOptions } from "../../workload/options.ts";
import { missingSecrets, secretReferences } from "../../workload/secrets.ts";
import { workloadObjects } from "../../workload/workload-objects.ts";
import { conditionOf, type IntentView } from "../intents/intent-view.ts";
import type { Place } from "../intents/places.ts";
import { type Toleration, tolerates } from "../inventory/closed.ts";
import { type Given, given } from "../inventory/given.ts";
import type { NodeRecord } from "../inventory/node-record.ts";
import { applyWorkload } from "./apply-workload.ts";
import { claimNamespace, tenancyFor } from "./capsule.ts";
import type { DeployResult, StepResult } from "./engine.ts";
import { type Failure, failure, readNamespace } from "./open-provider.ts";
import { prune } from "./prune.ts";
import { SECRETS } from "./resources.ts";

/** What the configuration says of all workloads. */
export type WorkloadDefaults = Omit<WorkloadOptions, "hub" | "tenant" | "namespace">;

export interface DeployOptions {
  /** Tells this hub's objects from those of another. */
  readonly hub: string;
  /** The hub's own cluster, where Secrets are read. */
  readonly hubClient: Pick<KubeClient, "get">;
  /** What is known of the nodes that tasks are bound to. */
  readonly pool: {
    node(
      provider: string,
      name: string,
    ): { readonly node: Pick<NodeRecord, "hostname" | "taints"> } | undefined;
  };
  /** Taints that workloads tolerate everywhere. */
  readonly tolerations: readonly Toleration[];
  readonly workload: WorkloadDefaults;
  readonly provider: Provider | undefined;
  /** The place's namespace as it is watched; the API is asked where it was not seen. */
  readonly namespaceSeen: KubeObject | undefined;
  /** What has to be there before the workload is, beside its namespace; a failure ends the deployment. */
  readonly prepare?: (wanted: readonly KubeObject[], signal: AbortSignal) => Promise<Failure | undefined>;
}

interface Job {
  readonly client: KubeClient;
  readonly view: IntentView;
  readonly place: Place;
  readonly suspended: boolean;
  readonly signal: AbortSignal;
}

/** Applies all objects of an Intent in a place. Applying them again changes nothing. Throws KubeError. */
export async function deployObjects(options: DeployOptions, job: Job): Promise<DeployResult> {
  const { view, place, client, suspended, signal } = job;
  if (!view.read.ok) return failure("Invalid", "the spec cannot be read");
  const bare = { ...inputOf(options, { ...view, spec: view.read.spec }, place), ...timesOf(view, suspended) };
  const secrets = await readSecrets(options.hubClient, bare, signal);
  if ("reason" in secrets) return secrets;
  const input = { ...bare, secrets: secrets.found };
  const missing = missingSecrets(input);
  // What is to stop stops with or without them.
  if (missing.length > 0 && !suspended) {
    const names = missing.map(
      ({ from, keys }) => `${from.name} in ${from.namespace} (key ${keys.join(" or ")})`,
    );
    return failure(
      "SecretMissing",
      `it needs Secret ${names.join(" and Secret ")}; create it and it goes on`,
    );
  }
  const there = await namespaceThere(options, job);
  if (!there.ok) return there;
  const settings = options.provider?.spec.capsule;
  const tenancy = await tenancyFor({ client, view, place, settings, found: there.namespace, signal });
  if (!tenancy.ok) return tenancy;
  const wanted = workloadObjects(belongingTo(tenancy.tenant, input));
  const claimed = await claimNamespace({ client, tenancy, wanted, signal });
  if (!claimed.ok) return claimed;
  const unprepared = await options.prepare?.(claimed.wanted, signal);
  if (unprepared !== undefined) return unprepared;
  await applyWorkload(client, claimed.wanted, input.suspended, signal);
  if (wasThereBefore(view))
    await prune(client, { hub: options.hub, intent: view, namespace: place.namespace, wanted }, signal);
  return { ok: true, seen: observeWorkload(wanted) };
}

/** Whether it may run now, where it has hours; and how long it has to its deadline from when it was placed. */
function timesOf(
  { read, status }: IntentView,
  suspended: boolean,
): Given<Pick<WorkloadInput, "suspended" | "secondsToDeadline">> {
  const { availability, deadline = "" } = read.ok ? (read.spec.constraints ?? {}) : {};
  const leftMs = (parseDateTime(deadline) ?? Number.NaN) - Date.parse(status.placement?.since ?? "");
  return given({
    suspended: availability === undefined && !suspended ? undefined : suspended,
    secondsToDeadline: Number.isNaN(leftMs) ? undefined : Math.ceil(leftMs / 1000),
  });
}

/** Whether an earlier spec may have left something that this one does not want. */
const wasThereBefore = (view: IntentView): boolean => conditionOf(view, "Offloaded")?.status === "True";

function inputOf(
  options: DeployOptions,
  intent: WorkloadInput["intent"] & { readonly tenant: string },
  place: Place,
): WorkloadInput {
  const { namespace, name, uid, spec, tenant } = intent;
  const byNode = new Map<string, number>();
  const keyOf = (task: Place["tasks"][number]): string => `${task.node} ${task.resource} ${task.units}`;
  for (const task of place.tasks) byNode.set(keyOf(task), (byNode.get(keyOf(task)) ?? 0) + 1);
  const firsts = place.tasks.filter(
    (task, at) => place.tasks.findIndex((each) => keyOf(each) === keyOf(task)) === at,
  );
  return {
    intent: { namespace, name, uid, spec },
    placement: {
      provider: place.provider,
      assignments: firsts.map((task) => {
        const record = options.pool.node(place.provider, task.node)?.node;
        return {
          node: task.node,
          ...(record === undefined ? {} : { hostname: record.hostname }),
          tasks: byNode.get(keyOf(task)) ?? 1,
          resource: task.resource,
          units: task.units,
          taints: (record?.taints ?? []).filter((taint) =>
            allowed(options).some((one) => tolerates(one, taint)),
          ),
        };
      }),
    },
    options: { ...options.workload, hub: options.hub, tenant, namespace: { name: place.namespace } },
  } as WorkloadInput;
}

const allowed = ({ tolerations, provider }: DeployOptions): readonly Toleration[] => [
  ...tolerations,
  ...(provider?.spec.tolerations ?? []),
];

type KubeSecret = KubeObject & Partial<SecretValue>;

type Secrets = { readonly found: Readonly<Record<string, SecretValue>> } | ReturnType<typeof failure>;

/** The Secrets that the workload needs, as they are on the hub; those that are missing are left out. */
async function readSecrets(
  client: Pick<KubeClient, "get">,
  input: WorkloadInput,
  signal: AbortSignal,
): Promise<Secrets> {
  const places = new Map(secretReferences(input).map(({ from }) => [`${from.namespace}/${from.name}`, from]));
  const found: Record<string, SecretValue> = {};
  const forbidden: string[] = [];
  await Promise.all(
    [...places].map(async ([key, from]) => {
      try {
        const { data = {}, type } = await client.get<KubeSecret>(SECRETS, from, { signal });
        found[key] = type === undefined ? { data } : { data, type };
      } catch (error) {
        if (isKubeError(error, "forbidden")) forbidden.push(from.namespace);
        else if (!isKubeError(error, "not-found")) throw error;
      }
    }),
  );
  if (forbidden.length === 0) return { found };
  const namespaces = [...new Set(forbidden)].sort().join(" and ");
  return failure(
    "SecretForbidden",
    `the hub may not read Secrets in namespace ${namespaces}: bind ClusterRole flare-hub-tenant-secrets to its account there, by a RoleBinding`,
  );
}

const belongingTo = (capsuleTenant: CapsuleTenant | undefined, input: WorkloadInput): WorkloadInput =>
  capsuleTenant === undefined
    ? input
    : {
        ...input,
        options: { ...input.options, namespace: { ...input.options.namespace, capsuleTenant } },
      };

/** A namespace of that name that is not this Intent's is left alone; one of ours that ends is waited for. */
async function namespaceThere(
  { hub, namespaceSeen }: DeployOptions,
  { client, view, place, signal }: Job,
): Promise<{ readonly ok: true; readonly namespace?: KubeObject } | Extract<StepResult, { ok: false }>> {
  const name = place.namespace;
  // A look behind is no harm: nothing can be made in one that ends, and one that is gone is made anew.
  const found = namespaceSeen ?? (await readNamespace(client, name, signal));
  if (found === undefined) return { ok: true };
  if (!isOwned(found, hub, view)) {
    return failure(
      "NamespaceTaken",
      `namespace ${name} of ${place.provider} exists and is not of this Intent`,
    );
  }
  if (found.metadata?.deletionTimestamp === undefined) return { ok: true, namespace: found };
  return failure(
    "NamespaceTerminating",
    `namespace ${name} of ${place.provider} is being deleted; it is made anew after that`,
  );
}
