import { remembering } from "./remember.ts";

/**
 * Patterns take a text apart without regular expressions in tables: literal characters, and captures in braces.
 * `{name}` takes one or more characters (as few as possible), `{name:int}` digits, `{name:upper}` one capital letter,
 * `{name:word}` letters and digits. The whole text must match. At most three captures of any
 * length keep matching cheap, whatever the text.
 */
export type Captures = Readonly<Record<string, string>>;

const CLASSES: Readonly<Record<string, string>> = {
  "": ".+?",
  int: "[0-9]+",
  upper: "[A-Z]",
  word: "[A-Za-z0-9]+",
};
const MAX_CAPTURES = 3;
/** Longer texts are no labels; refusing them bounds the work. */
const MAX_TEXT = 512;

/** Says what is wrong with a pattern, or nothing. */
export function patternProblem(pattern: string): string | undefined {
  const captures = [...pattern.matchAll(/\{([^{}]*)\}/g)];
  if (/[{}]/.test(pattern.replace(/\{[^{}]*\}/g, "")))
    return `unbalanced braces in pattern ${JSON.stringify(pattern)}`;
  if (captures.filter(([, inside]) => !inside?.endsWith(":upper")).length > MAX_CAPTURES)
    return `a pattern may have at most ${MAX_CAPTURES} captures beside those of one letter: ${JSON.stringify(pattern)}`;
  const names = captureNames(pattern);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined) return `capture {${twice}} stands twice in pattern ${JSON.stringify(pattern)}`;
  for (const [, inside = ""] of captures) {
    const parsed = /^([a-z][a-z0-9_-]*)(?::([a-z]+))?$/.exec(inside);
    if (!parsed)
      return `capture {${inside}} in pattern ${JSON.stringify(pattern)} must be {name} or {name:class}`;
    if (CLASSES[parsed[2] ?? ""] === undefined) {
      return `unknown class in {${inside}}; known: ${Object.keys(CLASSES).filter(Boolean).join(", ")}`;
    }
  }
  return undefined;
}

/** Compiles a pattern that patternProblem found nothing wrong with. Products and keys of labels come again and again. */
export function compilePattern(pattern: string): (text: string) => Captures | undefined {
  const names: string[] = [];
  const source = pattern.replace(
    /\{([^{}:]*)(?::([a-z]+))?\}|[^{}]+/g,
    (part, name?: string, kind?: string) => {
      if (name === undefined) return part.replace(/[.*+?^$()|[\]\\/-]/g, "\\$&");
      names.push(name);
      return `(${CLASSES[kind ?? ""]})`;
    },
  );
  const regex = new RegExp(`^${source}$`);
  return remembering((text) => {
    const match = text.length <= MAX_TEXT ? regex.exec(text) : null;
    if (!match) return undefined;
    const captures: Record<string, string> = {};
    names.forEach((name, index) => {
      captures[name] = match[index + 1] ?? "";
    });
    return captures;
  });
}

/** Names of a pattern's captures, in order. */
export function captureNames(pattern: string): readonly string[] {
  return [...pattern.matchAll(/\{([^{}:]*)(?::[a-z]+)?\}/g)].map((match) => match[1] ?? "");
}
