import type { MappingResult } from "../mapping/result.ts";

/** A node with what the tables make of it. */
export interface Mapped {
  readonly name: string;
  readonly result: MappingResult;
}
