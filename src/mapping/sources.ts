/** Where a value is read from: exactly one of these stands in an expression. */
export const SOURCES = [
  "value",
  "label",
  "annotation",
  "allocatable",
  "node",
  "hardware",
  "attribute",
  "capacity",
  "let",
  "device",
  "lookup",
  "sum",
  "keys",
  "resources",
  "rule-of",
] as const;
