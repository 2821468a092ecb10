import { ApiError } from "../../errors.ts";
import type { JsonObject } from "../../json.ts";
import type { KubeObject } from "../../object.ts";
import type { Cluster } from "../cluster.ts";
import { CRDS } from "../kinds.ts";
import { fluidosCrds } from "./fluidos.ts";
import { liqoCrds } from "./liqo.ts";

/** Defines the kinds of FLUIDOS and Liqo in the cluster; definitions that are there already stay. */
export function installCrds(cluster: Cluster, liqo: "v1.0" | "head"): void {
  for (const definition of [...fluidosCrds, ...liqoCrds(liqo)]) install(cluster, definition);
}

function install(cluster: Cluster, definition: JsonObject): void {
  try {
    cluster.create(CRDS, definition as unknown as KubeObject);
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
  }
}
