import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deviceSetOf, withoutShare, withoutWhole } from "../../../src/allocation/packing/device-set.ts";
import { fillingOf } from "../../../src/allocation/packing/filling.ts";
import type { Forecast, ForecastShape } from "../../../src/allocation/types.ts";

const DEVICE = 1000;
const milliArb: fc.Arbitrary<number> = fc.constantFrom(
  0,
  30,
  128,
  160,
  256,
  300,
  500,
  640,
  700,
  930,
  DEVICE,
  DEVICE,
  DEVICE,
);
const devicesArb = fc.array(milliArb, { minLength: 1, maxLength: 8 });
const shapeArb: fc.Arbitrary<ForecastShape> = fc
  .record({
    cpuMilli: fc.constantFrom(0, 500, 2_000, 8_000, 11_400),
    devices: fc.constantFrom(0, 1, 1, 1, 1, 2, 4),
    deviceMilli: fc.constantFrom(1, 128, 160, 256, 300, 384, 500, 640, 700, DEVICE),
    frequency: fc.constant(1),
  })
  .map((shape) => ({
    ...shape,
    deviceMilli: shape.devices > 1 ? DEVICE : shape.devices === 0 ? 0 : shape.deviceMilli,
  }));

const forecastArb: fc.Arbitrary<Forecast> = fc
  .tuple(
    fc.array(fc.tuple(shapeArb, fc.constantFrom(1, 2)), { minLength: 1, maxLength: 8 }),
    fc.infiniteStream(fc.nat()),
  )
  .map(([shapes, draws]) => ({
    classes: {
      shapes: shapes.map(([shape]) => shape),
      bits: shapes.map(([, bits]) => bits),
      classOf: () => 1,
    },
    sequences: Array.from({ length: 4 }, () =>
      Array.from({ length: 12 }, () => (draws.next().value ?? 0) % shapes.length),
    ),
    reserves: [],
    pressures: new Map(),
  }));

/** The definition, word for word. */
function filled(
  { classes, sequences }: Forecast,
  offerClass: number,
  devices: readonly number[],
  cpu: number,
) {
  const used = sequences.map((sequence) => {
    const free = [...devices];
    let cpuLeft = cpu;
    let sum = 0;
    for (const at of sequence) {
      const shape = classes.shapes[at];
      if (shape === undefined || ((classes.bits[at] ?? 0) & offerClass) === 0 || shape.cpuMilli > cpuLeft)
        continue;
      const open = [...free.entries()]
        .filter(([, milli]) => milli >= shape.deviceMilli)
        .sort(([, left], [, right]) => left - right)
        .slice(0, shape.devices);
      if (open.length < shape.devices) continue;
      for (const [device, milli] of open) free[device] = milli - shape.deviceMilli;
      cpuLeft -= shape.cpuMilli;
      sum += shape.devices * shape.deviceMilli;
    }
    return sum;
  });
  return used.reduce((sum, each) => sum + each, 0) / sequences.length;
}

describe("what is filled", () => {
  test("is what tasks take that arrive one after the other, for whatever CPU it is asked, in whatever order", () => {
    const rooms = fc.array(fc.tuple(devicesArb, fc.nat(90_000)), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(forecastArb, rooms, fc.constantFrom(1, 3), (forecast, asked, offerClass) => {
        const filling = fillingOf(forecast, offerClass);
        const [first = [DEVICE]] = asked.map(([devices]) => devices);
        for (const [devices, cpu] of asked)
          for (const each of [devices, first])
            expect(filling(deviceSetOf(each), cpu)).toBe(filled(forecast, offerClass, each, cpu));
      }),
      { numRuns: 300 },
    );
  });

  test("is the same on the same devices with any CPU, whatever is remembered of others, and however little that may be", () => {
    // In hundreds, as tasks ask them: where ranges end is met.
    const cpus = fc.array(
      fc.nat(600).map((hundreds) => hundreds * 100),
      { minLength: 20, maxLength: 60, size: "max" },
    );
    fc.assert(
      fc.property(
        forecastArb,
        devicesArb,
        cpus,
        fc.constantFrom(1, 5, 100),
        (forecast, devices, asked, most) => {
          const filling = fillingOf(forecast, 1, most);
          const set = deviceSetOf(devices);
          for (const cpu of asked) expect(filling(set, cpu)).toBe(filled(forecast, 1, devices, cpu));
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a set of devices", () => {
  test("is the same object in whatever order the devices come, and whatever was taken of which", () => {
    fc.assert(
      fc.property(devicesArb, (devices) => {
        const set = deviceSetOf(devices);
        expect(deviceSetOf(devices.toReversed())).toBe(set);
        expect(set.free).toEqual(
          devices.filter((milli) => milli > 0).toSorted((left, right) => left - right),
        );
        expect(set.idle).toBe(devices.reduce((sum, milli) => sum + milli, 0));
        expect(withoutShare(deviceSetOf([...devices, 640]), 640, 640)).toBe(set);
        expect(withoutShare(deviceSetOf([...devices, 640]), 640, 140)).toBe(deviceSetOf([500, ...devices]));
        expect(withoutWhole(deviceSetOf([DEVICE, ...devices, DEVICE]), 2)).toBe(set);
      }),
    );
  });
});
