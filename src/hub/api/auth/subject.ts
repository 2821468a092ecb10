import { createHash } from "node:crypto";

/** Who somebody is in Kubernetes. */
export interface Subject {
  readonly username: string;
  readonly uid?: string | undefined;
  readonly groups: readonly string[];
}

const ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The ServiceAccount that a subject is; undefined for all others. */
export function serviceAccountOf({
  username,
}: Subject): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = ACCOUNT.exec(username) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}

/** The same for two subjects only if everything that rights depend on is the same. */
export const subjectKey = ({ username, uid = "", groups }: Subject): string =>
  sha256(JSON.stringify([username, uid, groups.toSorted()]));

export const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
