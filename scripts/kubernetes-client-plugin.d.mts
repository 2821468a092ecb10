import type { Plugin } from "esbuild";

export function kubernetesClient(): Plugin;
