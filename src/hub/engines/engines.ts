import { createDirectEngine, type DirectEngineOptions } from "./direct.ts";
import type { Engine } from "./engine.ts";
import { createFluidosEngine, type FluidosEngineOptions } from "./fluidos/fluidos-engine.ts";

export type EnginesOptions = DirectEngineOptions & FluidosEngineOptions;

/** Both engines as one: each provider is worked with as its Provider says, and nobody else has to know. */
export function createEngines(options: EnginesOptions): Omit<Engine, "name"> {
  const direct = createDirectEngine(options);
  const fluidos = createFluidosEngine(options);
  const of = ({ provider }: { readonly provider: string }): Engine =>
    options.providers.get(provider)?.provider().spec.engine === "fluidos" ? fluidos : direct;
  return {
    reserve: (view, place, signal) => of(place).reserve(view, place, signal),
    deploy: (view, place, how) => of(place).deploy(view, place, how),
    observe: (view, place) => of(place).observe(view, place),
    isMissing: (view, place) => of(place).isMissing(view, place),
    release: (view, place, signal) => of(place).release(view, place, signal),
    sees: (provider) => of({ provider }).sees(provider),
    found: () => [...direct.found(), ...fluidos.found()],
    subscribe: (listener) => {
      const ends = [direct.subscribe(listener), fluidos.subscribe(listener)];
      return () => {
        for (const end of ends) end();
      };
    },
    run: async (signal) => {
      await Promise.all([direct.run(signal), fluidos.run(signal)]);
    },
  };
}
