import type { KubeClient } from "../../../kubernetes/kube-client.ts";
import { isKubeError } from "../../../kubernetes/kube-error.ts";
import type { KubeObject, Resource } from "../../../kubernetes/objects.ts";
import { ApiError } from "../api-error.ts";
import { type Subject, serviceAccountOf } from "../auth/subject.ts";

const ACCESS_REVIEWS: Resource = {
  group: "authorization.k8s.io",
  version: "v1",
  plural: "subjectaccessreviews",
  namespaced: false,
};
const SERVICE_ACCOUNTS: Resource = { group: "", version: "v1", plural: "serviceaccounts", namespaced: true };
const CALL = { timeoutMs: 5000, retries: 1 } as const;

/** What the API server is asked about a subject. */
export interface Access {
  /** May the subject do this with resources of group flare.clastix.io, in a namespace or everywhere? */
  may(subject: Subject, verb: string, resource: string, namespace?: string): Promise<boolean>;
  /** Is there still such a ServiceAccount? True for everybody who is none. */
  exists(subject: Subject): Promise<boolean>;
}

interface AccessReview extends KubeObject {
  readonly status?: { readonly allowed?: boolean };
}

/** Creates it. Both throw UNAVAILABLE where the API server does not say. */
export function createAccess(client: Pick<KubeClient, "create" | "get">): Access {
  return {
    may: async ({ username, uid, groups }, verb, resource, namespace) => {
      const resourceAttributes = {
        group: "flare.clastix.io",
        verb,
        resource,
        ...(namespace === undefined ? {} : { namespace }),
      };
      const spec = { user: username, groups, ...(uid === undefined ? {} : { uid }), resourceAttributes };
      const question = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec,
      } as KubeObject;
      const { status } = await client
        .create<AccessReview>(ACCESS_REVIEWS, question, CALL)
        .catch((cause: unknown) => unavailable(cause));
      return status?.allowed === true;
    },
    exists: async (subject) => {
      const account = serviceAccountOf(subject);
      if (account === undefined) return true;
      try {
        const { metadata } = await client.get<KubeObject>(SERVICE_ACCOUNTS, account, CALL);
        return subject.uid === undefined || metadata?.uid === subject.uid;
      } catch (cause) {
        if (isKubeError(cause, "not-found")) return false;
        return unavailable(cause);
      }
    },
  };
}

function unavailable(cause: unknown): never {
  throw new ApiError("UNAVAILABLE", "what you may do cannot be checked at present", {
    cause,
    retryAfterSeconds: 5,
  });
}
