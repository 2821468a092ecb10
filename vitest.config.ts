import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Two files at a time even on two cores: half of an integration test is waiting.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary", "json-summary"] },
    projects: [
      {
        // Bounds are for what hangs; how fast the machine is belongs into bench/.
        test: {
          name: "unit",
          include: ["test/unit/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 90_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "cluster",
          // The integration tests run here unchanged, against the real API server.
          include: ["test/cluster/**/*.test.ts", "test/integration/**/*.test.ts"],
          // What is simulated beside the sandbox, and only there.
          exclude: [
            "test/integration/capsule.test.ts",
            "test/integration/federation-*.test.ts",
            "test/integration/provider-role.test.ts",
            "test/integration/fluidos*.test.ts",
          ],
          env: { FLARE_TEST_API: "real" },
          testTimeout: 120_000,
          hookTimeout: 180_000,
          maxWorkers: 2, // each file has up to three control planes
        },
      },
    ],
  },
});
