// An esbuild plugin that takes KubeConfig from @kubernetes/client-node 1.x and nothing else. Unhelped, a bundle with
// KubeConfig carries the generated API layer and its HTTP library too, five times the code, since no bundler may drop
// what is not marked as free of side effects. Importing the value of anything else fails the build; types are free.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const config = join(dirname(fileURLToPath(import.meta.resolve("@kubernetes/client-node"))), "config.js");

const stubs = {
  // KubeConfig.makeApiClient() alone needs these two, and nothing here calls it.
  "./gen/index.js": `
    const refuse = () => { throw new Error("makeApiClient() is not in this bundle: see scripts/kubernetes-client-plugin.mjs"); };
    export const createConfiguration = refuse;
    export class ServerConfiguration { constructor() { refuse(); } }`,
  // Only KubeConfig.applyToFetchOptions() makes one; looked up late because touching the built-in fetch loads it.
  "node-fetch": "export function Headers(init) { return new globalThis.Headers(init); }",
  // It refreshes the tokens of `auth-provider: oidc` users: a chunk, loaded when such a token has run out.
  "openid-client": `
    export const discovery = async (...args) => (await import("openid-client")).discovery(...args);
    export const refreshTokenGrant = async (...args) => (await import("openid-client")).refreshTokenGrant(...args);`,
};

export function kubernetesClient() {
  return {
    name: "kubernetes-client",
    setup(build) {
      build.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({ path: config }));
      build.onResolve({ filter: /^(\.\/gen\/index\.js|node-fetch|openid-client)$/ }, ({ path, importer }) =>
        dirname(importer) === dirname(config) ? { path, namespace: "kubernetes-client-stub" } : undefined,
      );
      build.onLoad({ filter: /./, namespace: "kubernetes-client-stub" }, ({ path }) => ({
        contents: stubs[path],
        loader: "js",
        resolveDir: dirname(config),
      }));
    },
  };
}
