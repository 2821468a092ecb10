import { KubeError, type KubeErrorCode } from "./kube-error.ts";

const CERTIFICATE_CODES = new Set([
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there; is the cluster up, and is this the right kubeconfig or context?",
  ENOTFOUND: "the host name does not resolve; check the server address in the kubeconfig",
  EAI_AGAIN: "the host name does not resolve just now; check DNS",
  EHOSTUNREACH: "there is no route to the host; check network, VPN or NetworkPolicy",
  ENETUNREACH: "there is no route to the network; check network, VPN or NetworkPolicy",
  ETIMEDOUT: "no answer in time; check network, VPN or NetworkPolicy",
  ECONNRESET: "the connection was cut",
  EPIPE: "the connection was cut",
  EPROTO: "no TLS there; the server address may need http:// or another port",
};

/** Turns an error of `node:http(s)` into a KubeError that says which server, what happened and what to look at. */
export function errorFromNetwork(what: string, server: string, error: unknown): KubeError {
  if (error instanceof KubeError) return error;
  const code = errnoOf(error);
  const told = error instanceof Error ? error.message : String(error);
  if (CERTIFICATE_CODES.has(code)) {
    const help =
      "check certificate-authority(-data), tls-server-name and the machine's clock; " +
      "insecure-skip-tls-verify only for a test cluster";
    return wrap(
      "certificate",
      `${what}: the certificate of ${server} is not trusted (${told}): ${help}`,
      error,
    );
  }
  const kind: KubeErrorCode = code.startsWith("HPE_") ? "protocol" : "unreachable";
  const reason = REASONS[code];
  return wrap(kind, `${what}: cannot talk to ${server}: ${reason ? `${reason} (${code})` : told}`, error);
}

function wrap(code: KubeErrorCode, message: string, cause: unknown): KubeError {
  return new KubeError(code, message, { cause });
}

/** The errno of an error, or of the first one inside an AggregateError (several addresses were tried). */
function errnoOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? errnoOf(error.errors[0]) : "";
}
