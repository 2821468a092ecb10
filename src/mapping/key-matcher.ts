import { type Captures, captureNames, compilePattern } from "./pattern.ts";

/** A pattern over the keys of labels or resources. */
export interface KeyMatcher {
  /** What every key that matches begins with. */
  readonly prefix: string;
  readonly match: (key: string) => Captures | undefined;
  readonly names: readonly string[];
}

/** Compiles a pattern over many keys: the literal beginning is compared first, as most keys fail there. */
export function keyMatcher(pattern: string): KeyMatcher {
  const prefix = pattern.slice(0, pattern.includes("{") ? pattern.indexOf("{") : pattern.length);
  const match = compilePattern(pattern);
  return {
    prefix,
    match: (key) => (key.startsWith(prefix) ? match(key) : undefined),
    names: captureNames(pattern),
  };
}
