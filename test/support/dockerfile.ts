import { readFileSync } from "node:fs";

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** The instructions of the Dockerfile, in order, continued lines joined. */
export function dockerfileInstructions(path = "Dockerfile"): Instruction[] {
  return readFileSync(path, "utf8")
    .replace(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [name = "", ...rest] = line.trim().split(/\s+/);
      return { name, text: rest.join(" ") };
    });
}

export interface CommandParts {
  readonly program: readonly string[];
  readonly flags: readonly string[];
}

/** A command that starts Node: what runs, and Node's flags. */
export function commandParts(command: readonly string[]): CommandParts {
  const isFlag = (argument: string): boolean => argument.startsWith("--");
  return { program: command.filter((argument) => !isFlag(argument)), flags: command.filter(isFlag) };
}

/** How the image starts Node: what runs, Node's flags, and the environment it sets. */
export function imageRuntime(): CommandParts & { readonly env: Readonly<Record<string, string>> } {
  const instructions = dockerfileInstructions();
  const entrypoint: unknown = JSON.parse(
    instructions.find(({ name }) => name === "ENTRYPOINT")?.text ?? "[]",
  );
  if (!Array.isArray(entrypoint)) throw new Error("the Dockerfile's ENTRYPOINT is not in exec form");
  const env = instructions.filter(({ name }) => name === "ENV").flatMap(({ text }) => text.split(" "));
  return {
    ...commandParts(entrypoint.map(String)),
    env: Object.fromEntries(env.map((pair) => pair.split("=", 2) as [string, string])),
  };
}
