import type { WorkloadObservation } from "../../workload/observe.ts";
import type { IntentView } from "../intents/intent-view.ts";
import type { Place } from "../intents/places.ts";

/** What a step came to. A failure is data: it goes into a condition, and is tried again. */
export type StepResult =
  | {
      readonly ok: true;
      /** What cannot be given back, in words. */
      readonly leftovers?: readonly string[];
    }
  | {
      readonly ok: false;
      /** One CamelCase word. */
      readonly reason: string;
      readonly message: string;
      /**
       * `under-way`: nothing is wrong, it takes its time. `hopeless`: the place will not do, and another is to be looked
       * for. Absent: something is in the way, and it is tried again.
       */
      readonly outlook?: "under-way" | "hopeless";
    };

export interface DeployCall {
  readonly suspended: boolean;
  readonly signal: AbortSignal;
}

/** A deployment that succeeded tells what can be seen of its objects before anything happened to them. */
export type DeployResult =
  | { readonly ok: true; readonly seen: WorkloadObservation }
  | Extract<StepResult, { readonly ok: false }>;

/** How a decision becomes a reservation, and a reservation a workload. Every step may be repeated at any time. */
export interface Engine {
  readonly name: "direct" | "fluidos";
  /** Makes the provider hold the GPUs for the Intent, where that is a step of its own. */
  reserve(view: IntentView, place: Place, signal: AbortSignal): Promise<StepResult>;
  /** Creates what the Intent needs in the place, or brings it up to date; suspended, nothing of it runs. */
  deploy(view: IntentView, place: Place, how: DeployCall): Promise<DeployResult>;
  /** What is seen of the workload in the place; undefined where nothing can be seen now. */
  observe(view: IntentView, place: Place): WorkloadObservation | undefined;
  /** Whether a deployment of this process has been undone since by somebody: an object that was there is gone. */
  isMissing(view: IntentView, place: Place): boolean;
  /** Takes everything of the Intent away from the place. `ok` once nothing is left. */
  release(
    view: Pick<IntentView, "uid" | "namespace" | "name">,
    place: Pick<Place, "provider" | "namespace">,
    signal: AbortSignal,
  ): Promise<StepResult>;
  /** Places in the providers that hold something of this hub, to be compared with what is wanted. */
  found(): readonly FoundPlace[];
  /** Whether `found` tells all that there is at the provider. */
  sees(provider: string): boolean;
  /** Told when there is something new to see, of the Intent with that uid or of all at a provider. */
  subscribe(listener: (news: EngineNews) => void): () => void;
  run(signal: AbortSignal): Promise<void>;
}

export type EngineNews = { readonly uid: string } | { readonly provider: string };

/** A namespace of this hub's in a provider, by the Intent it was made for. */
export interface FoundPlace {
  readonly provider: string;
  readonly namespace: string;
  readonly uid: string;
  /** `namespace/name` of the Intent on the hub. */
  readonly key: string;
}
