import type { NewIntent, ToldIntent, UserHub } from "./client/user-hub.ts";
import { EXIT_CODES } from "./exit.ts";
import { type OutputForm, print, printAs } from "./output.ts";
import { type NamedDryRun, printDryRuns } from "./print-dry-run.ts";

export interface SubmitOptions {
  readonly dryRun?: boolean;
  readonly output: OutputForm;
}

/** Submits Intents one after the other, or tells what would come of each. Returns the exit code. */
export async function submitAll(
  hub: UserHub,
  intents: readonly NewIntent[],
  { dryRun = false, output }: SubmitOptions,
  say: (intent: ToldIntent) => string = ({ name }) => `${name} submitted`,
): Promise<number> {
  if (dryRun) return tryAll(hub, intents, output);
  const made: ToldIntent[] = [];
  for (const intent of intents) {
    const told = await hub.submit(intent);
    made.push(told);
    if (output === "table") print(say(told));
  }
  if (output !== "table")
    await printAs(
      output,
      made.map(({ document }) => document),
      () => "",
    );
  return EXIT_CODES.ok;
}

async function tryAll(hub: UserHub, intents: readonly NewIntent[], output: OutputForm): Promise<number> {
  const told: NamedDryRun[] = [];
  for (const intent of intents) told.push({ name: intent.name, ...(await hub.dryRun(intent)) });
  await printDryRuns(told, output);
  return told.some(({ outcome }) => outcome === "refused") ? EXIT_CODES.nothingFits : EXIT_CODES.ok;
}
