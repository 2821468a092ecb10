// `npm run test:cluster`: the tests that need a real Kubernetes API server, from KUBEBUILDER_ASSETS as envtest uses it.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

const assets = process.env.KUBEBUILDER_ASSETS ?? "";
const missing = ["etcd", "kube-apiserver"].filter((binary) => !existsSync(`${assets}/${binary}`));
if (assets === "" || missing.length > 0) {
  const why =
    assets === ""
      ? "KUBEBUILDER_ASSETS is not set"
      : `KUBEBUILDER_ASSETS (${assets}) lacks ${missing.join(" and ")}`;
  console.log(
    `Not run: ${why}; point it at a folder with etcd and kube-apiserver to test against a real control plane.`,
  );
  process.exit(0);
}
const { status } = spawnSync(process.execPath, ["scripts/test.mjs", "--only-vitest", "--project=cluster"], {
  stdio: "inherit",
});
process.exit(status ?? 1);
