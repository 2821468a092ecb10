import { asObject, compact } from "./json.ts";
import type { KubeObject } from "./object.ts";

/** An events.k8s.io/v1 Event in the form of core/v1, in which Events are stored. */
export function coreFromEvents(event: KubeObject): KubeObject {
  const {
    note,
    regarding,
    reportingController,
    deprecatedSource,
    deprecatedCount,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    ...rest
  } = event;
  return compact({
    ...rest,
    apiVersion: "v1",
    message: note,
    involvedObject: regarding,
    reportingComponent: reportingController,
    source: deprecatedSource,
    count: deprecatedCount,
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
  });
}

/** The way back of `coreFromEvents`. */
export function eventsFromCore(event: KubeObject): KubeObject {
  const {
    message,
    involvedObject,
    reportingComponent,
    source,
    count,
    firstTimestamp,
    lastTimestamp,
    ...rest
  } = event;
  return compact({
    ...rest,
    apiVersion: "events.k8s.io/v1",
    note: message,
    regarding: involvedObject,
    reportingController: reportingComponent ?? asObject(source).component,
    deprecatedSource: source,
    deprecatedCount: count,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
  });
}
