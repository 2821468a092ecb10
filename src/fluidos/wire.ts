import * as z from "zod";

/**
 * Forms at the border to FLUIDOS and Liqo. Their CRDs know no enums and few required fields, and several versions write:
 * what is absent or of another type reads as empty, so that no object of somebody else's can stop the reader.
 */
export const text = z
  .unknown()
  .transform((value) => (typeof value === "string" || typeof value === "number" ? String(value) : ""));

/** A boolean, also written as text. */
export const flag = z.unknown().transform((value) => value === true || value === "true");

/** Milliseconds since 1970 of an RFC 3339 time with any offset; undefined where there is none. */
export const time = z.unknown().transform((value) => {
  const milliseconds = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(milliseconds) ? undefined : milliseconds;
});

/** A list of names; what is no text is left out. */
export const names = z
  .array(z.unknown())
  .catch([])
  .transform((items) => items.filter((item) => typeof item === "string"));

/** Text by key; what is no text or number is left out. */
export const textMap = z
  .record(z.string(), z.unknown())
  .catch({})
  .transform((map) =>
    Object.fromEntries(
      Object.entries(map)
        .filter(([, value]) => typeof value === "string" || typeof value === "number")
        .map(([key, value]) => [key, String(value)]),
    ),
  );

/** Whatever an object holds; anything else reads as one without fields. */
export const anyFields = z.record(z.string(), z.unknown()).catch({});

/** An object with these fields; anything else reads as one without fields. What is absent is read as such, not refused. */
export const fields = <S extends z.ZodRawShape>(shape: S) =>
  z.preprocess((value) => {
    const object = anyFields.parse(value);
    return Object.fromEntries(Object.keys(shape).map((key) => [key, object[key]]));
  }, z.object(shape));

export const metadata = fields({
  name: text,
  namespace: text,
  uid: text,
  resourceVersion: text,
  creationTimestamp: time,
  deletionTimestamp: time,
  labels: textMap,
  annotations: textMap,
});

export const reference = fields({ name: text, namespace: text });

/** A list of objects; those that are none read as empty ones. */
export const list = <T extends z.ZodType>(item: T) =>
  z
    .unknown()
    .transform((value) => (Array.isArray(value) ? value : []))
    .pipe(z.array(item));

/** Who a FLUIDOS node is, as custom resources have it; REAR writes `ID` and `IP`. */
export const identity = fields({
  domain: text,
  nodeID: text,
  ID: text,
  ip: text,
  IP: text,
  additionalInformation: fields({ liqoID: text }),
}).transform(({ domain, nodeID, ID, ip, IP, additionalInformation: { liqoID } }) => ({
  domain,
  nodeID: nodeID || ID,
  ip: ip || IP,
  ...(liqoID === "" ? {} : { additionalInformation: { liqoID } }),
}));

/** A phase as code writes it: `Solved`, `Failed`, `Running`, `Allocating`, `Idle`, `Timed Out`, `Active`, ... or empty. */
export const phase = fields({ phase: text, message: text, lastChangeTime: time });
