import type { EventMessage } from "../kubernetes/event-recorder.ts";
import type { MappingResult } from "../mapping/result.ts";
import { keyOfField } from "./fields.ts";
import type { OverriddenField } from "./ownership.ts";

/** What of a pass is worth an Event on the Node. */
export interface Situation {
  readonly result: MappingResult;
  readonly overridden: readonly OverriddenField[];
  readonly overlayProblems: readonly string[];
}

/** The Events that a situation calls for. Equal situations give equal Events, so that repetitions can be told. */
export function announcements(situation: Situation): readonly EventMessage[] {
  const { result, overridden, overlayProblems } = situation;
  const subjects = (code: string): string[] => [
    ...new Set(result.problems.filter((problem) => problem.code === code).map((problem) => problem.subject)),
  ];
  const events: EventMessage[] = [];
  const warn = (
    reason: string,
    names: readonly string[],
    message: (list: string) => string,
    separator = ", ",
  ): void => {
    if (names.length > 0) events.push({ type: "Warning", reason, message: message(list(names, separator)) });
  };
  warn(
    "GPUProductUnknown",
    subjects("unknown-product"),
    (names) => `The mapping tables do not know this GPU: ${names}. Add it in a site table.`,
  );
  warn(
    "GPUAnnotationMissing",
    subjects("missing-required"),
    (names) =>
      `Required annotations could not be filled: ${names}. Give them in a site table or by kubectl annotate.`,
  );
  warn(
    "GPUAnnotationOverridden",
    overridden.map(({ field, manager }) => `${keyOfField(field)} (${manager})`),
    (names) => `These keys belong to other field managers and were left as they are: ${names}.`,
  );
  warn(
    "GPUMappingsInvalid",
    overlayProblems,
    (names) =>
      `The site's mapping tables are broken and not used, what was good before stays in force: ${names}`,
    "; ",
  );
  return events;
}

/** The Event for a Node that carries our annotations for the first time. */
export function publishedFirst(result: MappingResult): EventMessage {
  const { "gpu.fluidos.eu/count": count = "?", "gpu.fluidos.eu/model": model = "GPUs of unknown model" } =
    result.annotations;
  return {
    type: "Normal",
    reason: "GPUAnnotationsPublished",
    message: `Described ${count} x ${model} in annotations.`,
  };
}

/** Remembers what was told, so that a lasting situation is told once and a returning one again. */
export function createTeller(tell: (event: EventMessage) => void): (events: readonly EventMessage[]) => void {
  let told = new Set<string>();
  return (events) => {
    const current = new Set<string>();
    for (const event of events) {
      const identity = `${event.reason}\n${event.message}`;
      current.add(identity);
      if (!told.has(identity)) tell(event);
    }
    told = current;
  };
}

/** Joins names, and counts those that an Event has no room for. */
function list(names: readonly string[], separator: string): string {
  const shown = names.slice(0, 8).join(separator);
  return names.length > 8 ? `${shown} and ${names.length - 8} more` : shown;
}
