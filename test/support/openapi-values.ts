/** Values that a schema of an OpenAPI document allows. */
import fc from "fast-check";

export interface ReferenceSchema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, ReferenceSchema>>;
  readonly required?: readonly string[];
  readonly items?: ReferenceSchema;
  readonly minimum?: number;
  readonly maximum?: number;
}

type Schemas = Readonly<Record<string, ReferenceSchema>>;

/** What people write into text that has a meaning; the schema calls all of it a string. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  name: ["demo", "gpu-1"],
  image: ["nginx:1.27", "ghcr.io/acme/work:1"],
  cpu: ["2", "500m"],
  memory: ["4Gi", "512Mi"],
  memory_min: ["16Gi", "70Gi", "16GB"],
  memory_max: ["80Gi", "192Gi"],
  clock_speed_min: ["1.4GHz", "1500M"],
  interconnect: ["nvlink", "pcie"],
  size: ["10Gi", "100Gi"],
  path: ["/data", "/models"],
  uri: ["s3://bucket/path"],
  credentials: ["bucket-keys"],
  env: ["MODE=fast", "FLAGS=--a=b"],
  max_hourly_cost: ["10 EUR", "2.1 EUR", "50 USD"],
  max_total_cost: ["200 EUR"],
  location: ["EU", "eu-west-1"],
  availability_zone: ["eu-west-1a"],
  deadline: ["2030-01-01T00:00:00Z"],
  timeout: ["1h", "90m"],
  max_carbon_footprint: ["50g CO2/h"],
  energy_efficiency_rating: ["B"],
  min_network_bandwidth: ["10Gbps"],
  max_cold_start_time: ["30s"],
  availability: ["99.9%"],
  max_interruption_time: ["5m"],
  backup_strategy: ["none", "checkpoint"],
  fallback_strategy: ["queue", "lower_tier"],
  window_start: ["09:00"],
  window_end: ["17:00"],
  timezone: ["Europe/Berlin"],
  start: ["2026-01-03T00:00:00Z"],
  end: ["2026-01-03T04:00:00Z"],
  blackout_dates: ["2026-12-25"],
  source: ["10.0.0.0/8"],
  protocol: ["TCP"],
  domain: ["llm.example.com"],
  commands: ["python3 serve.py"],
};

/** Any value that the schema allows, mostly one that means something. */
export function anyOf(schema: ReferenceSchema, schemas: Schemas, name = ""): fc.Arbitrary<unknown> {
  const at = resolved(schema, schemas);
  if (at.enum !== undefined) return fc.constantFrom(...at.enum.map(String));
  switch (at.type) {
    case "object":
      return objectOf(at, schemas);
    case "array":
      return fc.array(anyOf(at.items ?? {}, schemas, name), { maxLength: 3 });
    case "integer":
      return fc.integer({ min: at.minimum ?? 1, max: Math.min(at.maximum ?? 100, 100) });
    case "number":
      return fc.constantFrom(...[0.15, 0.85, 1, 19.5].filter((each) => each <= (at.maximum ?? 100)));
    case "boolean":
      return fc.boolean();
    default: {
      const anything = { weight: 1, arbitrary: fc.string({ maxLength: 20 }) };
      const known = TEXTS[name];
      if (known === undefined) return anything.arbitrary;
      return fc.oneof({ weight: 30, arbitrary: fc.constantFrom(...known) }, anything);
    }
  }
}

function objectOf(
  { properties = {}, required = [] }: ReferenceSchema,
  schemas: Schemas,
): fc.Arbitrary<unknown> {
  // Few optional fields at a time: with many, something always contradicts something else.
  const fields = Object.entries(properties).map(([name, schema]) => {
    const value = anyOf(schema, schemas, name);
    const maybe = fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
    return [name, required.includes(name) ? value : maybe] as const;
  });
  return fc
    .record(Object.fromEntries(fields))
    .map((object) => Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)));
}

const resolved = (schema: ReferenceSchema, schemas: Schemas): ReferenceSchema =>
  schema.$ref === undefined ? schema : (schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {});

/** Every place of a schema where one of some values stands, as a path of field names. */
export function enumerations(
  schema: ReferenceSchema,
  schemas: Schemas,
  path: readonly string[] = [],
): readonly { readonly path: readonly string[]; readonly values: readonly string[] }[] {
  const at = resolved(schema, schemas);
  if (at.enum !== undefined) return [{ path, values: at.enum.map(String) }];
  if (at.items !== undefined) return enumerations(at.items, schemas, [...path, "[]"]);
  return Object.entries(at.properties ?? {}).flatMap(([name, field]) =>
    enumerations(field, schemas, [...path, name]),
  );
}
