import type * as z from "zod";
import type { NodeIdentity } from "./flavor.ts";
import { fields, metadata, text, time } from "./wire.ts";

/** Name of the ConfigMap that tells who the FLUIDOS node of a cluster is. */
export const IDENTITY_CONFIG_MAP = "fluidos-node-identity";

const configMap = fields({ data: fields({ domain: text, nodeID: text, ip: text, port: text }) });

export type ReadIdentity =
  | { readonly ok: true; readonly identity: NodeIdentity }
  | { readonly ok: false; readonly problem: string };

/** Reads the identity ConfigMap. `host` stands in for an absent `ip`, as FLUIDOS does with its API server's address. */
export function parseIdentity(object: unknown, host = ""): ReadIdentity {
  const { domain, nodeID, ip, port } = configMap.parse(object).data;
  const missing = Object.entries({ domain, nodeID, port }).filter(([, value]) => value === "");
  const absent = [...missing.map(([key]) => key), ...(ip === "" && host === "" ? ["ip"] : [])];
  if (absent.length > 0)
    return { ok: false, problem: `ConfigMap ${IDENTITY_CONFIG_MAP} has no ${absent.join(", ")}` };
  return { ok: true, identity: { domain, nodeID, ip: `${ip === "" ? host : ip}:${port}` } };
}

const knownCluster = fields({
  metadata,
  spec: fields({ address: text }),
  status: fields({ expirationTime: time, lastUpdateTime: time }),
}).transform(({ metadata: { name }, spec, status }) => ({
  name,
  /** `host:port` of its REAR gateway, the same as in the owner of its Flavors. */
  address: spec.address,
  /** Undefined for one that was made by hand, which never expires. */
  expiresAt: status.expirationTime,
}));

export type KnownCluster = z.output<typeof knownCluster>;

/** Reads a KnownCluster. Never throws. */
export const parseKnownCluster = (object: unknown): KnownCluster => knownCluster.parse(object);
