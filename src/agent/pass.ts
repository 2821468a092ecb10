import type { EventMessage } from "../kubernetes/event-recorder.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { DraDevice, HardwareFacts, StringMap } from "../mapping/facts.ts";
import type { MappingResult } from "../mapping/result.ts";
import type { Logger } from "../observability/logger.ts";
import { announcements, createTeller, publishedFirst } from "./announcements.ts";
import { type FieldMap, toFields } from "./fields.ts";
import type { AgentMetrics, PassResult } from "./metrics.ts";
import type { NodeView } from "./node-view.ts";
import type { MapFunction } from "./overlay.ts";
import { type RefusedField, respectOwners } from "./ownership.ts";
import { NO_STATE, nextPublication, type PublicationState } from "./publication.ts";
import { applyPatch, publish } from "./publish.ts";

/** Everything one pass looks at. */
export interface PassSources {
  readonly view: NodeView;
  readonly draDevices: readonly DraDevice[] | undefined;
  readonly hardware: HardwareFacts | undefined;
  readonly map: MapFunction;
  readonly overlayProblems: readonly string[];
  /** The site's ConfigMap is still to be read for the first time. */
  readonly tablesPending: boolean;
}

/** What a pass acts through. */
export interface PassShell {
  readonly client: Pick<KubeClient, "apply">;
  readonly log: Logger;
  readonly metrics: AgentMetrics;
  readonly inventory: (node: string, result: MappingResult, allocatable: StringMap) => void;
  readonly tell: (view: NodeView, event: EventMessage) => void;
  readonly print: (text: string) => void;
  readonly dryRun: boolean;
  readonly graceMs: number;
  readonly now: () => number;
}

export interface PassReport {
  readonly result: PassResult;
  /** The Node as it is after the pass. */
  readonly view: NodeView;
  /** When a grace period ends, so that a pass is due (ms). */
  readonly recheckAt: number | undefined;
  /** For /readyz: `published 31 keys`. */
  readonly message: string;
}

export type Pass = (sources: PassSources, signal: AbortSignal) => Promise<PassReport>;

/** Creates the pass of one agent: observe, map, publish. It remembers grace periods and refusals between calls. */
export function createPass(shell: PassShell): Pass {
  let state: PublicationState = NO_STATE;
  let refused: ReadonlyMap<string, RefusedField> = new Map();
  let printed = "";
  let current: NodeView | undefined;
  // Whether the tables in force were ever what the site wants. Good ones of a former process are not known to this one.
  let tablesGood = false;
  const waitsUntil = shell.now() + shell.graceMs;
  const tellOnce = createTeller((event) => {
    shell.log.warn({ reason: event.reason }, event.message);
    if (current !== undefined) shell.tell(current, event);
  });

  const write = async (view: NodeView, fields: FieldMap, result: MappingResult, signal: AbortSignal) => {
    if (shell.dryRun) {
      const text = JSON.stringify(applyPatch(view, fields), null, 2);
      if (text !== printed) shell.print(text);
      printed = text;
      return { view, result: "dry-run" as const };
    }
    const done = await publish(shell.client, view, fields, signal);
    refused = new Map([...refused, ...done.refused]);
    logChange(shell.log, view, done.view);
    const first = Object.keys(view.published).length === 0 && Object.keys(done.view.published).length > 0;
    if (first) shell.tell(view, publishedFirst(result));
    return { view: done.view, result: "published" as const };
  };

  return async (sources, signal) => {
    const result = sources.map(factsOf(sources));
    current = sources.view;
    shell.inventory(sources.view.name, result, sources.view.facts.allocatable ?? {});
    const before = respectOwners(sources.view, toFields(result), refused);
    refused = before.refused;
    const clock = { now: shell.now(), graceMs: shell.graceMs };
    // A ConfigMap that cannot be read is waited for as long as for GPUs that vanish, and no longer.
    const pending = sources.tablesPending && clock.now < waitsUntil;
    tablesGood ||= !pending && sources.overlayProblems.length === 0;
    // What good tables said before a restart is changed only on the word of good tables.
    const wanted = tablesGood ? before.wanted : { ...before.wanted, ...sources.view.published };
    const next = nextPublication(sources.view.published, wanted, state, clock);
    state = next.state;
    const unchanged = { view: sources.view, result: "unchanged" as const };
    const done = next.apply === undefined ? unchanged : await write(sources.view, next.apply, result, signal);
    const { overridden } = respectOwners(done.view, toFields(result), refused);
    shell.metrics.overridden(overridden);
    shell.metrics.withdrawing(Object.keys(next.state.unwantedSince).length);
    tellOnce(announcements({ result, overridden, overlayProblems: sources.overlayProblems }));
    const recheckAt = pending ? Math.min(waitsUntil, next.recheckAt ?? waitsUntil) : next.recheckAt;
    return { ...done, recheckAt, message: messageOf(done.view) };
  };
}

function factsOf({ view, draDevices, hardware }: PassSources) {
  return {
    ...view.facts,
    ...(draDevices === undefined ? {} : { draDevices }),
    ...(hardware === undefined ? {} : { hardware }),
  };
}

function logChange(log: Logger, before: NodeView, after: NodeView): void {
  const set = Object.keys(after.published).filter(
    (field) => before.published[field] !== after.published[field],
  );
  const withdrawn = Object.keys(before.published).filter((field) => !Object.hasOwn(after.published, field));
  log.info({ node: after.name, set: set.length, withdrawn: withdrawn.length }, "published");
}

function messageOf(view: NodeView): string {
  const count = Object.keys(view.published).length;
  return count === 0 ? "nothing to publish: no GPU on this node" : `published ${count} keys`;
}
