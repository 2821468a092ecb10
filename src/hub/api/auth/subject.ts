import { hash } from "node:crypto";

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

/** Whoever comes again is the same object: a token that is known, a review that is remembered. */
const keys = new WeakMap<Subject, string>();

/** The same for two subjects only if everything that rights depend on is the same. */
export function subjectKey(subject: Subject): string {
  const known = keys.get(subject);
  if (known !== undefined) return known;
  const { username, uid = "", groups } = subject;
  const key = sha256(JSON.stringify([username, uid, groups.toSorted()]));
  keys.set(subject, key);
  return key;
}

export const sha256 = (text: string): string => hash("sha256", text);
