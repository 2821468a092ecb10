import { type Body, parseObject } from "./decode.ts";
import { deleteObject, deleteOptions } from "./deletes.ts";
import { ApiError, conflict, methodNotAllowed, noSuchResource } from "./errors.ts";
import type { Answer } from "./http.ts";
import { asArray, asObject, asString, asText, type JsonObject } from "./json.ts";
import type { Kernel } from "./kernel.ts";
import { type KubeObject, timestamp } from "./object.ts";
import type { ResourcePath } from "./request.ts";
import { defaultAudience, type TokenIssuer } from "./tokens.ts";
import { find, replace, type WriteTarget } from "./writes.ts";

interface SubresourceCall {
  readonly path: ResourcePath;
  readonly method: string;
  readonly body: Body;
  readonly target: WriteTarget;
}

interface Context {
  readonly kernel: Kernel;
  readonly tokens: TokenIssuer;
}

/** Answers the subresources that are actions: `pods/binding`, `pods/eviction`, `serviceaccounts/token`, `namespaces/finalize`. */
export function answerSubresource(context: Context, { path, method, body, target }: SubresourceCall): Answer {
  const { kernel } = context;
  switch (`${path.group}/${path.resource}/${path.subresource}`) {
    case "/pods/binding":
      requireMethod(method, "POST");
      return bind(kernel, target, parseObject(body));
    case "/pods/eviction":
      requireMethod(method, "POST");
      deleteObject(kernel, target, deleteOptions(parseObject(body).deleteOptions, new URLSearchParams()));
      return { code: 201, body: success(201) };
    case "/serviceaccounts/token":
      requireMethod(method, "POST");
      return { code: 201, body: requestToken(context, find(kernel, target), parseObject(body)) };
    case "/namespaces/finalize":
      requireMethod(method, "PUT");
      return { code: 200, body: finalizeNamespace(kernel, target, parseObject(body)) };
    default:
      throw noSuchResource();
  }
}

function requireMethod(method: string, wanted: "POST" | "PUT"): void {
  if (method !== wanted) throw methodNotAllowed();
}

const success = (code: number): JsonObject => ({
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Success",
  code,
});

function bind(kernel: Kernel, target: WriteTarget, body: JsonObject): Answer {
  const pod = find(kernel, target);
  const spec = asObject(pod.spec);
  const node = asString(asObject(body.target).name) ?? "";
  const subject = { group: "", plural: "pods/binding", name: target.name };
  if (spec.nodeName)
    throw conflict(
      subject,
      `pod ${target.name} is already assigned to node ${JSON.stringify(spec.nodeName)}`,
    );
  const status = asObject(pod.status);
  const scheduled = {
    type: "PodScheduled",
    status: "True",
    lastProbeTime: null,
    lastTransitionTime: timestamp(kernel.now()),
  };
  const conditions = [
    ...asArray(status.conditions).filter((item) => asObject(item).type !== "PodScheduled"),
    scheduled,
  ];
  // Straight into the store: neither the spec's immutability nor the status' separate writer holds for a binding.
  if (!target.dryRun)
    kernel.store.put(target.type.storage, {
      ...pod,
      spec: { ...spec, nodeName: node },
      status: { ...status, conditions },
    });
  return { code: 201, body: success(201) };
}

function finalizeNamespace(kernel: Kernel, target: WriteTarget, body: JsonObject): KubeObject {
  const live = find(kernel, target);
  const finalizers = asArray(asObject(body.spec).finalizers);
  return replace(kernel, target, live, { ...live, spec: { ...asObject(live.spec), finalizers } }, true);
}

const shortestToken = 600;
const longestToken = 2 ** 32;

function requestToken({ kernel, tokens }: Context, account: KubeObject, body: JsonObject): JsonObject {
  const spec = asObject(body.spec);
  const seconds = Number(spec.expirationSeconds ?? 3600);
  if (!(seconds >= shortestToken && seconds <= longestToken)) {
    throw new ApiError(
      422,
      "Invalid",
      `TokenRequest.authentication.k8s.io "" is invalid: spec.expirationSeconds: Invalid value: ${seconds}: may not specify a duration less than 10 minutes`,
      {
        causes: [
          {
            reason: "FieldValueInvalid",
            message: "may not specify a duration less than 10 minutes",
            field: "spec.expirationSeconds",
          },
        ],
      },
    );
  }
  const audiences =
    asArray(spec.audiences).length === 0 ? [defaultAudience] : asArray(spec.audiences).map(asText);
  const issued = Math.floor(kernel.now() / 1000);
  const bound = boundObject(kernel, account, asObject(spec.boundObjectRef));
  const token = tokens.forServiceAccount(account, { audiences, issued, expires: issued + seconds, bound });
  return {
    kind: "TokenRequest",
    apiVersion: "authentication.k8s.io/v1",
    metadata: { name: account.metadata.name, namespace: account.metadata.namespace },
    spec: { ...spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: timestamp((issued + seconds) * 1000) },
  };
}

function boundObject(kernel: Kernel, account: KubeObject, reference: JsonObject): KubeObject | undefined {
  const kind = asString(reference.kind);
  const type = kind === "Pod" || kind === "Secret" ? kernel.registry.byKind("v1", kind) : undefined;
  if (type === undefined) return undefined;
  const found = find(kernel, { type, namespace: account.metadata.namespace, name: asText(reference.name) });
  if (reference.uid !== undefined && reference.uid !== found.metadata.uid) {
    throw conflict(
      { group: "", plural: type.plural, name: found.metadata.name },
      `the UID in the bound object reference (${asText(reference.uid)}) does not match the UID in record`,
    );
  }
  return { ...found, kind: type.kind };
}
