import type { DraDevice, HardwareFacts } from "../mapping/facts.ts";
import { devicesOf, type SliceView } from "./dra.ts";
import { readHardware } from "./hardware.ts";
import { type NodeView, newerView } from "./node-view.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import type { AgentOptions } from "./options.ts";
import { type CompileOverlay, createOverlay, type Overlay, readOverlayFolder } from "./overlay.ts";
import type { PassSources } from "./pass.ts";

/** What the agent knows at the moment, kept current by its watches and its full pass. */
export interface Sources {
  readonly overlay: Overlay;
  setNode(view: NodeView | undefined): void;
  setSlices(slices: readonly SliceView[]): void;
  /** Says whether the site's ConfigMap is still to be read for the first time. */
  setTablesPending(pending: boolean): void;
  /** Reads hardware and the folder of tables again. */
  refresh(): Promise<void>;
  /** Everything for a pass; undefined while there is no Node. */
  snapshot(): PassSources | undefined;
}

/** Creates the sources, empty but for the built-in tables. Throws where those do not compile. */
export async function createSources(
  options: Pick<AgentOptions, "hostRoot" | "overlayFolder">,
  compile: CompileOverlay,
): Promise<Sources> {
  const overlay = await createOverlay(compile);
  let view: NodeView | undefined;
  let draDevices: readonly DraDevice[] | undefined;
  let hardware: HardwareFacts | undefined;
  let tablesPending = false;

  const refreshFolder = async (folder: string): Promise<void> => {
    try {
      await overlay.set("folder", await readOverlayFolder(folder));
    } catch (error) {
      overlay.fail(error instanceof Error ? error.message : String(error));
    }
  };
  return {
    overlay,
    setNode: (next) => {
      view = next === undefined ? undefined : newerView(view, next);
    },
    setSlices: (slices) => {
      draDevices = devicesOf(slices);
    },
    setTablesPending: (pending) => {
      tablesPending = pending;
    },
    // A folder that is written file by file changes many times at once.
    refresh: oneAtATime(async () => {
      const { hostRoot, overlayFolder } = options;
      if (hostRoot !== undefined) hardware = await readHardware(hostRoot);
      if (overlayFolder !== undefined) await refreshFolder(overlayFolder);
    }),
    snapshot: () =>
      view === undefined
        ? undefined
        : { view, draDevices, hardware, map: overlay.map, overlayProblems: overlay.problems, tablesPending },
  };
}
