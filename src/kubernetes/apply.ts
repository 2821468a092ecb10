import { isKubeError, type KubeError } from "./kube-error.ts";

/** A field that another manager owns with another value. */
export interface ApplyConflict {
  /** Path as the server writes it: `.metadata.annotations.gpu.fluidos.eu/model`. */
  readonly field: string;
  readonly manager: string;
}

/** What a server-side apply without force came to. Conflicts are an ordinary outcome, not an error. */
export type ApplyResult<T> =
  | { readonly outcome: "applied"; readonly object: T }
  | { readonly outcome: "conflict"; readonly conflicts: readonly ApplyConflict[] };

export interface ApplyOptions {
  /** Who owns the fields from now on. */
  readonly fieldManager: string;
  /** Take fields from their owners. Off unless a caller has a reason. */
  readonly force?: boolean;
  /** Ask the server what would happen. */
  readonly dryRun?: boolean;
}

/** The conflicts that a failed apply reports, or undefined where it failed for another reason. */
export function conflictsOf(error: unknown): readonly ApplyConflict[] | undefined {
  if (!isKubeError(error, "conflict")) return undefined;
  const conflicts = error.causes
    .filter((cause) => cause.reason === "FieldManagerConflict")
    .map((cause) => ({ field: cause.field, manager: managerIn(cause.message, error) }));
  return conflicts.length === 0 ? undefined : conflicts;
}

/** Causes name the manager in words only: `conflict with "kubectl-annotate" using v1`. */
function managerIn(message: string, error: KubeError): string {
  return (
    /conflict with "([^"]+)"/.exec(message)?.[1] ??
    /conflict with "([^"]+)"/.exec(error.message)?.[1] ??
    "unknown"
  );
}
