import type { ProviderSpec } from "../../intent/provider-schema.ts";
import type { KubeClient } from "../../kubernetes/kube-client.ts";
import { isKubeError } from "../../kubernetes/kube-error.ts";
import type { KubeObject } from "../../kubernetes/objects.ts";
import { SECRETS } from "../engines/resources.ts";
import { exchange } from "../http-exchange.ts";
import { readUtilization, utilizationQuery } from "./query.ts";

type Prometheus = NonNullable<ProviderSpec["prometheus"]>;

const TIMEOUT_MS = 10_000;
const LONGEST_ANSWER = 4 * 1024 * 1024;

/** Asks a Prometheus for the utilisation of the GPUs of namespaces, in percent. Throws an Error that says what failed. */
export async function askUtilization(
  prometheus: Prometheus,
  namespaces: readonly string[],
  { client, signal }: { readonly client: Pick<KubeClient, "get">; readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, number>> {
  const url = queryUrl(prometheus.url);
  const token = await tokenOf(prometheus, url, client, signal);
  const { status, body, isCut } = await exchange({
    url,
    method: "POST",
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "application/json",
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    },
    body: new URLSearchParams({ query: utilizationQuery(prometheus.metric, namespaces) }).toString(),
    timeoutMs: TIMEOUT_MS,
    maxBytes: LONGEST_ANSWER,
    signal,
    ...(prometheus.caBundle === undefined ? {} : { ca: pemOf(prometheus.caBundle) }),
  });
  if (isCut) throw new Error(`the answer is longer than ${LONGEST_ANSWER} bytes`);
  // Errors of the query come with 4xx or 503 and say in JSON what is wrong; those of a proxy do not.
  if (status !== 200 && !body.startsWith("{")) throw new Error(`HTTP ${status}`);
  return readUtilization(body);
}

function queryUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error("spec.prometheus.url is no URL");
  const url = new URL(text);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  return url;
}

const pemOf = (bundle: string): string =>
  bundle.includes("-----BEGIN") ? bundle : Buffer.from(bundle, "base64").toString("utf8");

type KubeSecret = KubeObject & { readonly data?: Readonly<Record<string, string>> };

async function tokenOf(
  { bearerTokenSecretRef: reference }: Prometheus,
  url: URL,
  client: Pick<KubeClient, "get">,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (reference === undefined) return undefined;
  if (url.protocol !== "https:")
    throw new Error(
      "spec.prometheus.bearerTokenSecretRef needs a URL with https: the token is not sent in the clear",
    );
  const { namespace, name, key } = reference;
  const what = `Secret ${namespace}/${name}`;
  const { data = {} } = await client
    .get<KubeSecret>(SECRETS, { namespace, name }, { signal })
    .catch((error: unknown) => {
      throw isKubeError(error, "not-found") ? new Error(`${what} does not exist`) : error;
    });
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
  if (encoded === undefined) throw new Error(`${what} has no key "${key}"`);
  return Buffer.from(encoded, "base64").toString("utf8").trim();
}
