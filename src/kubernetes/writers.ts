import { type ApplyOptions, type ApplyResult, conflictsOf } from "./apply.ts";
import type { KubeClient, PatchType } from "./kube-client.ts";
import { KubeError } from "./kube-error.ts";
import { describeCall, type KubeObject, type Resource, resourcePath, type Target } from "./objects.ts";
import type { CallOptions, Requester } from "./requester.ts";

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

export type Writers = Pick<KubeClient, "apply" | "patch" | "create" | "update" | "delete">;

/** The calls that change objects. */
export function writers(requester: Requester): Writers {
  return {
    apply: (resource, object, options) => apply(requester, resource, object, options),
    patch: (resource, target, body, { type = "merge", ...options } = {}) =>
      requester.json({
        ...options,
        what: describeCall("patch", resource, target),
        method: "PATCH",
        path: resourcePath(resource, target),
        body,
        contentType: PATCH_TYPES[type],
      }),
    create: (resource, object, options) => {
      const target = { namespace: object.metadata?.namespace };
      const what = describeCall("create", resource, { ...target, name: object.metadata?.name });
      return requester.json({
        ...options,
        what,
        method: "POST",
        path: resourcePath(resource, target),
        body: object,
      });
    },
    update: (resource, object, { subresource, ...options } = {}) => {
      const target = { ...targetOf(object), subresource };
      const what = describeCall("update", resource, target);
      return requester.json({
        ...options,
        what,
        method: "PUT",
        path: resourcePath(resource, target),
        body: object,
      });
    },
    delete: async (resource, target, options) => {
      const call = { ...options, what: describeCall("delete", resource, target), method: "DELETE" as const };
      try {
        await requester.text({ ...call, path: resourcePath(resource, target) });
      } catch (error) {
        if (!(error instanceof KubeError && error.code === "not-found")) throw error;
      }
    },
  };
}

async function apply<T extends KubeObject>(
  requester: Requester,
  resource: Resource,
  object: KubeObject,
  options: ApplyOptions & CallOptions & { readonly subresource?: string },
): Promise<ApplyResult<T>> {
  const { fieldManager, force, dryRun, subresource, ...call } = options;
  const target = { ...targetOf(object), subresource };
  try {
    const applied = await requester.json<T>({
      ...call,
      what: describeCall("apply", resource, target),
      method: "PATCH",
      path: resourcePath(resource, target),
      query: {
        fieldManager,
        force: force === true ? true : undefined,
        dryRun: dryRun === true ? "All" : undefined,
      },
      body: object,
      contentType: "application/apply-patch+yaml",
    });
    return { outcome: "applied", object: applied };
  } catch (error) {
    const conflicts = conflictsOf(error);
    if (conflicts === undefined) throw error;
    return { outcome: "conflict", conflicts };
  }
}

function targetOf(object: KubeObject): Target {
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined) throw new KubeError("config", "the object has no metadata.name");
  return { name, namespace };
}
