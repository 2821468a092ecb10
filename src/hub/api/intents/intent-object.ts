import { API_VERSION } from "../../../intent/resources.ts";
import type { IntentSpec } from "../../../intent/spec-schema.ts";
import type { KubeObject } from "../../../kubernetes/objects.ts";
import { CAPSULE } from "../../../workload/identity.ts";
import { dnsLabel, labelValue } from "../../../workload/names.ts";
import type { KubeIntent } from "../../intents/intent-view.ts";
import { ApiError } from "../api-error.ts";
import type { Caller } from "../auth/authenticate.ts";
import { sha256 } from "../auth/subject.ts";

const REQUEST_HASH = "flare.clastix.io/request-hash";
const SUBMITTED_BY = "flare.clastix.io/submitted-by";

const IDEMPOTENCY_KEY = "flare.clastix.io/idempotency-key";

/** Where a request's Intent goes, and by what it is known again. */
export interface NamedRequest {
  readonly namespace: string;
  /** Undefined: the API server makes one up. */
  readonly name: string | undefined;
  /** Hash of the Idempotency-Key. */
  readonly keyHash: string | undefined;
}

const KEY = /^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/;
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;

/** Reads the headers by which a request names its Intent and itself; a key alone makes a name too. Throws INVALID_FORMAT. */
export function nameRequest(
  namespace: string,
  name: string | undefined,
  key: string | undefined,
): NamedRequest {
  if (key !== undefined && !KEY.test(key))
    throw new ApiError("INVALID_FORMAT", "Idempotency-Key must be 1 to 255 printable ASCII characters");
  if (name !== undefined && !NAME.test(name))
    throw new ApiError(
      "INVALID_FORMAT",
      "X-Flare-Name must be 1 to 63 lower case letters, digits and hyphens, none at either end",
    );
  const keyHash = key === undefined ? undefined : sha256(`${namespace}\n${key}`);
  return { namespace, name: name ?? (keyHash && `intent-${keyHash.slice(0, 20)}`), keyHash };
}

/** The Intent that a request becomes; without a name it gets one that begins with that of its workload. */
export function requestObject(
  { subject, grant }: Caller,
  { namespace, name, keyHash }: NamedRequest,
  spec: IntentSpec,
): KubeObject {
  const object = {
    apiVersion: API_VERSION,
    kind: "Intent",
    metadata: {
      namespace,
      ...(name === undefined ? { generateName: `${dnsLabel(spec.workload.name, 50)}-` } : { name }),
      labels: { [CAPSULE.label]: labelValue(grant.tenant) },
      annotations: {
        [SUBMITTED_BY]: subject.username,
        [REQUEST_HASH]: hashOf(spec),
        ...(keyHash === undefined ? {} : { [IDEMPOTENCY_KEY]: keyHash }),
      },
    },
    spec,
  };
  return object;
}

/** Whether an Intent was made under the same Idempotency-Key. */
export const sameKey = ({ metadata }: KubeIntent, { keyHash }: NamedRequest): boolean =>
  keyHash !== undefined && metadata?.annotations?.[IDEMPOTENCY_KEY] === keyHash;

/** Whether an Intent was made by a request for the same. */
export const sameRequest = ({ metadata }: KubeIntent, spec: IntentSpec): boolean =>
  metadata?.annotations?.[REQUEST_HASH] === hashOf(spec);

/** Fields come in the order of the schema, whatever order they were written in. */
const hashOf = (spec: IntentSpec): string => sha256(JSON.stringify(spec));
