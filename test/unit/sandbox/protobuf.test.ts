import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "../../../src/sandbox/errors.ts";
import { decodeProtobuf } from "../../../src/sandbox/protobuf.ts";

/** A message by field numbers: text, numbers and messages, as Go would write them. */
type Encodable = readonly (readonly [number: number, value: string | number | Encodable])[];

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}

function encode(message: Encodable): Buffer {
  const fields = message.map(([number, value]) => {
    if (typeof value === "number") return Buffer.concat([varint(number << 3), varint(value)]);
    const content = typeof value === "string" ? Buffer.from(value) : encode(value);
    return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
  });
  return Buffer.concat(fields);
}

function object(apiVersion: string, kind: string, message: Encodable): Buffer {
  const raw = encode(message);
  const meta = encode([
    [
      1,
      [
        [1, apiVersion],
        [2, kind],
      ],
    ],
  ]);
  return Buffer.concat([Buffer.from("k8s\0"), meta, varint((2 << 3) | 2), varint(raw.length), raw]);
}

describe("an object in protobuf", () => {
  test("reads as its JSON, without what is empty", () => {
    const namespace = object("v1", "Namespace", [
      [
        1,
        [
          [1, "demo"],
          [2, ""],
          [8, []],
          [
            11,
            [
              [1, "team"],
              [2, "a"],
            ],
          ],
        ],
      ],
      [2, []],
      [3, [[1, ""]]],
    ]);
    expect(decodeProtobuf(namespace)).toEqual({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "demo", labels: { team: "a" } },
    });
  });

  test("keeps lists, numbers, bytes and quantities", () => {
    const secret = object("v1", "Secret", [
      [1, [[1, "s"]]],
      [
        2,
        [
          [1, "key"],
          [2, "word"],
        ],
      ],
      [5, 1],
    ]);
    expect(decodeProtobuf(secret)).toMatchObject({
      data: { key: Buffer.from("word").toString("base64") },
      immutable: true,
    });
    const container: Encodable = [
      [1, "c"],
      [2, "image"],
      [3, "run"],
      [3, "it"],
      [
        8,
        [
          [
            1,
            [
              [1, "nvidia.com/gpu"],
              [2, [[1, "1"]]],
            ],
          ],
        ],
      ],
    ];
    const job = object("batch/v1", "Job", [
      [
        2,
        [
          [1, 300],
          [6, [[2, [[2, container]]]]],
        ],
      ],
    ]);
    expect(decodeProtobuf(job).spec).toEqual({
      parallelism: 300,
      template: {
        spec: {
          containers: [
            {
              name: "c",
              image: "image",
              command: ["run", "it"],
              resources: { limits: { "nvidia.com/gpu": "1" } },
            },
          ],
        },
      },
    });
  });

  test.each([
    ["a kind it does not know", object("v1", "Gadget", []), 415],
    ["a field it does not know, rather than lose it", object("v1", "ConfigMap", [[9, "x"]]), 415],
    ["another encoding", Buffer.from("{}"), 400],
    ["an end that comes early", object("v1", "Namespace", [[1, [[1, "demo"]]]]).subarray(0, -2), 400],
  ])("is refused with %s", (_, bytes, code) => {
    expect(() => decodeProtobuf(bytes)).toThrow(expect.objectContaining({ code }));
  });

  test("is refused with a Status whatever its bytes are", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("Namespace", "Deployment", "Service"), (noise, kind) => {
        const whole = object("v1", kind, []);
        const bytes = Buffer.concat([
          whole.subarray(0, -2),
          varint((2 << 3) | 2),
          varint(noise.length),
          noise,
        ]);
        try {
          expect(decodeProtobuf(bytes).kind).toBe(kind);
        } catch (error) {
          expect(error).toBeInstanceOf(ApiError);
        }
      }),
    );
  });
});
