import type { IntentSpec } from "../../intent/spec-schema.ts";

/**
 * What the commands of users need of a hub, however it is reached: through its REST API, or through the API server of
 * its cluster. Everything throws UserError with what to do about it.
 */
export interface UserHub {
  /** Whose Intents these are, for messages: `namespace team-a`. */
  readonly place: string;
  /** Every kind of GPU that there is. */
  gpus(where: { readonly region?: string | undefined }): Promise<readonly GpuRow[]>;
  /** Asks for GPUs; the Intent gets the name that is given, or the request is refused. */
  submit(intent: NewIntent): Promise<ToldIntent>;
  /** What would come of it, with nothing done. */
  dryRun(intent: NewIntent): Promise<DryRun>;
  list(of: { readonly allNamespaces: boolean }): Promise<readonly ToldIntent[]>;
  /** One Intent by its name, or by its id where the API has them. */
  get(name: string): Promise<ToldIntent>;
  /** The states of an Intent from this one on, until it is deleted. */
  watch(from: ToldIntent): AsyncGenerator<ToldIntent, void>;
  cancel(intent: ToldIntent): Promise<void>;
  /** What its containers wrote, as it comes. */
  logs(intent: ToldIntent, asked: LogQuery): AsyncIterable<Uint8Array>;
  readonly tokens: UserTokens;
  close(): void;
}

/** An Intent that is to be created; where it names no namespace it gets the one that commands work in. */
export interface NewIntent {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly spec: IntentSpec;
}

/** GPUs of one kind, on one node or on several. */
export interface GpuRow {
  readonly model: string;
  readonly variant?: string | undefined;
  readonly memoryGi?: number | undefined;
  /** Devices, slices or shares. */
  readonly free: number;
  readonly total: number;
  readonly provider: string;
  /** The node, where each has a row of its own. */
  readonly node?: string | undefined;
  /** How many nodes, where the row is that of several. */
  readonly nodes?: number | undefined;
  readonly region?: string | undefined;
  readonly tier?: string | undefined;
  /** Cost of one for an hour, such as `2.50 EUR`. */
  readonly rate?: string | undefined;
}

/** An Intent as it is told to people. */
export interface ToldIntent {
  /** Unique for ever; what the API calls intent_id. */
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly phase: string;
  readonly message: string;
  /** RFC 3339. */
  readonly createdAt?: string | undefined;
  readonly placement?:
    | {
        readonly provider: string;
        readonly node?: string | undefined;
        readonly model?: string | undefined;
        readonly gpus: number;
        /** Namespace in the provider's cluster, where that is known. */
        readonly namespace?: string | undefined;
      }
    | undefined;
  /** Of an hour, such as `8.50 EUR`. */
  readonly rate?: string | undefined;
  readonly cost?: string | undefined;
  readonly queue?: { readonly position: number; readonly since?: string | undefined } | undefined;
  readonly url?: string | undefined;
  readonly gpuUtilization?: string | undefined;
  readonly conditions: readonly (readonly [type: string, status: string, reason: string, message: string])[];
  /** What else would have done: where, model, rate. */
  readonly alternatives: readonly (readonly [where: string, model: string, rate: string])[];
  /** How it ended with the spec that it has now; absent while it goes on. */
  readonly end?: "completed" | "failed" | undefined;
  /** The whole of it, in the form of the API that it was read from. */
  readonly document: unknown;
}

/** What would come of an Intent, in the words of the REST API. */
export interface DryRun {
  readonly outcome: "placed" | "relaxed" | "queued" | "refused";
  readonly message: string;
  readonly estimated_cost?: string | undefined;
  readonly considered?: number | undefined;
  readonly fitting?: number | undefined;
  /** `gpu-model 3, gpu-free 1`: the first reason of each offer that does not fit. */
  readonly rejected?: string | undefined;
  readonly placement?: readonly DecidedPlace[] | undefined;
  readonly alternatives?: readonly DecidedPlace[] | undefined;
  readonly suggestions?: readonly Suggested[] | undefined;
}

export interface DecidedPlace {
  readonly provider: string;
  readonly model?: string | undefined;
  readonly gpus?: number | undefined;
  readonly rate?: string | undefined;
}

/** A change with which it would fit. */
export interface Suggested {
  readonly alternative: string;
  readonly cost_difference?: string | undefined;
  readonly performance_impact?: string | undefined;
}

export interface LogQuery {
  readonly follow: boolean;
  /** Lines from the end of each log; undefined: all that is kept. */
  readonly tail?: number | undefined;
  /** Number of the task or replica, from 0; undefined: all. */
  readonly task?: number | undefined;
}

/** A FLARE token, without what it is. Times are RFC 3339. */
export interface ToldToken {
  readonly token_id: string;
  readonly name: string;
  readonly user_id?: string | undefined;
  readonly created_at: string;
  readonly expires_at: string;
  readonly last_used?: string | undefined;
  readonly permissions: readonly string[];
  readonly status?: string | undefined;
}

export interface UserTokens {
  /** The token itself is in the answer, and nowhere else ever again. */
  create(wanted: {
    readonly name: string;
    readonly expiresIn?: string | undefined;
    readonly permissions?: readonly string[] | undefined;
  }): Promise<ToldToken & { readonly token: string }>;
  list(): Promise<readonly ToldToken[]>;
  revoke(tokenId: string): Promise<void>;
}
