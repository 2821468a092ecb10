import { Command, CommanderError } from "commander";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type AgentFlags, agentFlags, toAgentOptions } from "../../../src/cli/agent-flags.ts";

afterEach(() => vi.unstubAllEnvs());

/** The agent's options of a command line and an environment. */
function optionsOf(args: string, env: Record<string, string> = {}) {
  for (const name of ["NODE_NAME", "POD_NAMESPACE"]) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  for (const flag of agentFlags()) command.addOption(flag);
  command.parse(args.split(" ").filter(Boolean), { from: "user" });
  return toAgentOptions(command.opts<AgentFlags>(), env);
}

describe("the flags of flare agent", () => {
  it("need nothing but the node's name", () => {
    expect(optionsOf("--node gpu-1")).toMatchObject({
      node: "gpu-1",
      graceMs: 600_000,
      silenceMs: 75_000,
      schedule: { everyMs: 600_000 },
      dra: true,
      listen: { host: "", port: 9464 },
      overlayConfigMap: undefined,
    });
  });

  it("fall back to the environment, as a DaemonSet sets it", () => {
    expect(
      optionsOf("", { NODE_NAME: "gpu-2", POD_NAMESPACE: "flare-system", FLARE_GRACE_PERIOD: "1h" }),
    ).toMatchObject({
      node: "gpu-2",
      graceMs: 3_600_000,
      overlayConfigMap: { namespace: "flare-system", name: "flare-site" },
    });
  });

  it("win over the environment", () => {
    expect(
      optionsOf("--node a --site-config x/y", { NODE_NAME: "b", FLARE_SITE_CONFIG: "none" }),
    ).toMatchObject({
      node: "a",
      overlayConfigMap: { namespace: "x", name: "y" },
    });
  });

  it.each([
    [":9000", { host: "", port: 9000 }],
    ["127.0.0.1:9000", { host: "127.0.0.1", port: 9000 }],
    ["[::1]:9000", { host: "::1", port: 9000 }],
    ["off", undefined],
  ])("read --listen %s", (text, listen) => {
    expect(optionsOf(`--node a --listen ${text}`).listen).toEqual(listen);
  });

  it("say which node is missing, and how a pod names it", () => {
    expect(() => optionsOf("")).toThrow(/--node NAME or set NODE_NAME .*spec.nodeName/);
  });

  it.each([
    ["--node Not_A_Name", "kubectl get nodes"],
    ["--node a --grace-period ten", "90s, 10m or 1h30m"],
    ["--node a --watch-silence 1s", "least is 5s"],
    ["--node a --full-pass 25d", "most is 20d"],
    ["--node a --grace-period 900h", "most is 20d"],
    ["--node a --listen 99999999", ":9464"],
    ["--node a --site-config flare-site", "NAMESPACE/NAME"],
    ["--node a --log-level loud", "debug, info, warn, error, silent"],
  ])("refuse %s with the way out", (args, fix) => {
    const told = (() => {
      try {
        return optionsOf(args);
      } catch (error) {
        return error;
      }
    })();
    expect(told).toBeInstanceOf(CommanderError);
    expect(String(told)).toContain(fix);
  });

  it("name the variable when the environment is wrong", () => {
    expect(() => optionsOf("--node a", { FLARE_GRACE_PERIOD: "ten" })).toThrow(/FLARE_GRACE_PERIOD/);
  });
});
