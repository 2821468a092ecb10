import type { Decision } from "../../../allocation/decision.ts";
import type { Requirement } from "../../../allocation/requirement.ts";
import { tasksOf } from "../../../intent/workload-rules.ts";
import { parseMoney } from "../../../units/money.ts";
import { hasEnded, type IntentView } from "../../intents/intent-view.ts";
import type { Caller } from "../auth/authenticate.ts";
import type { Quota } from "../config.ts";
import type { ApiWorld } from "../world.ts";
import { requireHardLimits, requireQuota, type Share, shareOf, unitsOf } from "./quota.ts";

/** The quota of a tenant: its own, or the one that all others have. */
function quotaOf({ config }: Pick<ApiWorld, "config">, tenant: string): Quota {
  const { tenants, default: usual } = config.quotas;
  return Object.hasOwn(tenants, tenant) ? (tenants[tenant] ?? usual) : usual;
}

/**
 * What a request would count for, beside all of its tenant but the Intent `except` (namespace/name): the one that it changes,
 * or that it makes too when it is sent several times under one Idempotency-Key. Throws QUOTA_EXCEEDED where its tenant may not have it as well.
 */
export function requireTenantQuota(
  world: ApiWorld,
  { grant }: Caller,
  requirement: Requirement,
  decision: Decision,
  { namespace, except }: { readonly namespace: string; readonly except: string | undefined },
): Share {
  const rate = decision.placed ? decision.rate : requirement.constraints.maxHourly;
  const asked = shareOf(requirement, decision, namespace, rate);
  const tenant = world.tenants.get(grant.tenant);
  const changing = world.pending.changing();
  // All of the tenant's, also those that this member of it may not see.
  const shares = (tenant?.namespaces ?? [])
    .flatMap((each) => [...world.intents.inNamespace(each)])
    .filter((view) => view.key !== except && !changing.has(view.key) && counts(view))
    .map((view) => shareOfView(world, view));
  const all = [...shares, ...world.pending.of(grant.tenant, except)];
  requireQuota(quotaOf(world, grant.tenant), all, asked, world.meaning.currencyRates);
  requireHardLimits(tenant?.limits ?? [], all, asked);
  return asked;
}

/** What has ended holds nothing; what was refused never will. */
const counts = (view: IntentView): boolean => !hasEnded(view) && view.read.ok;

/** What waits counts for what it may cost at most. */
function shareOfView({ meaning }: ApiWorld, { read, status, namespace }: IntentView): Share {
  if (!read.ok) return { gpus: 0, model: undefined, rate: undefined, namespace, units: {} };
  const { workload, constraints } = read.spec;
  const { gpu } = workload.resources;
  const named = gpu.model === undefined ? undefined : meaning.resolveModel(gpu.model);
  return {
    gpus: gpu.count * tasksOf(read.spec),
    model: named?.known === true ? named.model : undefined,
    namespace,
    units: status.placement && unitsOf(status.placement.tasks),
    rate: parseMoney(status.placement?.rate ?? constraints?.maxHourlyCost ?? "", meaning.currency),
  };
}
