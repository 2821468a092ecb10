import { API_VERSION } from "../../../intent/resources.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { dnsLabel, labelValue } from "../../../workload/names.ts";
import { type KubeIntent, TENANT_LABEL } from "../../intents/intent-view.ts";
import type { Caller } from "../auth/authenticate.ts";
import { sha256 } from "../auth/subject.ts";

const REQUEST_HASH = "flare.clastix.io/request-hash";
const SUBMITTED_BY = "flare.clastix.io/submitted-by";

/** The Intent that a request becomes; without a name it gets one that begins with that of its workload. */
export function requestObject(
  { subject, grant }: Caller,
  { namespace, name }: { readonly namespace: string; readonly name: string | undefined },
  spec: IntentSpec,
): KubeObject {
  const object = {
    apiVersion: API_VERSION,
    kind: "Intent",
    metadata: {
      namespace,
      ...(name === undefined ? { generateName: `${dnsLabel(spec.workload.name, 50)}-` } : { name }),
      labels: { [TENANT_LABEL]: labelValue(grant.tenant) },
      annotations: { [SUBMITTED_BY]: subject.username, [REQUEST_HASH]: hashOf(spec) },
    },
    spec,
  };
  return object;
}

/** Whether an Intent was made by a request for the same. */
export const sameRequest = ({ metadata }: KubeIntent, spec: IntentSpec): boolean =>
  metadata?.annotations?.[REQUEST_HASH] === hashOf(spec);

/** Fields come in the order of the schema, whatever order they were written in. */
const hashOf = (spec: IntentSpec): string => sha256(JSON.stringify(spec));
