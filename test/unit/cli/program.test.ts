import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildFlare, type Flare } from "./flare-program.ts";

let flare: Flare;
beforeAll(() => {
  flare = buildFlare();
}, 60_000);
afterAll(() => flare.remove());

describe("flare", () => {
  it("tells its version", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    expect(await flare.run(["--version"])).toEqual({ code: 0, out: `${version}\n`, err: "" });
  });

  const commands = [
    [],
    ["agent"],
    ["map"],
    ["mappings"],
    ["mappings", "check"],
    ["mappings", "show"],
    ["demo"],
    ["completion"],
    ["login"],
    ["context"],
    ["context", "use"],
    ["gpus"],
    ["run"],
    ["submit"],
    ["intents"],
    ["status"],
    ["logs"],
    ["cancel"],
    ["token", "create"],
  ];
  it.each(commands.map((path) => [path.join(" ") || "flare", path] as const))(
    "%s has help",
    async (_name, path) => {
      const { code, out } = await flare.run([...path, "--help"]);
      expect(code).toBe(0);
      expect(out).toMatch(/Usage: flare/);
    },
  );

  it.each([["agent"], ["map"], ["demo"], ["completion"]])(
    "%s shows examples in its help",
    async (command) => {
      expect((await flare.run([command, "--help"])).out).toMatch(/Examples?:/);
    },
  );

  const wrong: readonly (readonly [string, readonly string[], string])[] = [
    ["an unknown command", ["frobnicate"], "unknown command 'frobnicate'"],
    ["an unknown flag", ["map", "--frobnicate"], "unknown option '--frobnicate'"],
    [
      "an output form that is none",
      ["map", "--output", "xml"],
      "Allowed choices are table, json, yaml, name, annotate, patch",
    ],
    ["a shell it has no completion for", ["completion", "csh"], "Allowed choices are bash, zsh, fish"],
  ];
  it.each(wrong)("refuses %s with exit code 2", async (_what, args, message) => {
    const { code, err } = await flare.run(args);
    expect(err).toContain(message);
    expect(code).toBe(2);
  });

  it.each(["bash", "zsh"])("prints a completion script that %s can read", async (shell) => {
    const { out } = await flare.run(["completion", shell]);
    const parsed = spawnSync("bash", ["-n"], { input: out, encoding: "utf8" });
    expect(parsed.stderr).toBe("");
    expect(out).toContain('"mappings") words="check show');
  });

  it("completes what people use it for", async () => {
    const { out } = await flare.run(["completion", "bash"]);
    for (const path of ["login", "context", "context use", "token create", "logs", "run"])
      expect(out).toContain(`${JSON.stringify(path)}) words=`);
    const script = `${out}\nCOMP_WORDS=(flare logs --fo); COMP_CWORD=2; _flare; echo "\${COMPREPLY[@]}"`;
    expect(spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout).toBe("--follow\n");
  });

  it("completes subcommands in bash", async () => {
    const { out } = await flare.run(["completion", "bash"]);
    const script = `${out}\nCOMP_WORDS=(flare mappings s); COMP_CWORD=2; _flare; echo "\${COMPREPLY[@]}"`;
    expect(spawnSync("bash", ["-c", script], { encoding: "utf8" }).stdout).toBe("show\n");
  });
});

describe("as a kubectl plugin", () => {
  it("is found by kubectl under the name that the package gives it, and does the same", async () => {
    const { bin } = JSON.parse(readFileSync("package.json", "utf8")) as { bin: Record<string, string> };
    expect(bin["kubectl-flare"]).toBe(bin.flare);
    const plugin = flare.link("kubectl-flare");
    // As kubectl does: the file by its own path, with what came after its name.
    const run = spawnSync(plugin, ["mappings", "show", "h100", "--output", "name"], { encoding: "utf8" });
    expect(run).toMatchObject({ status: 0, stdout: "nvidia-h100\n" });
  });
});

describe("flare mappings", () => {
  it("finds the built-in tables good", async () => {
    const { code, out } = await flare.run(["mappings", "check"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^good: \d+ device rules, \d+ keys with rules, \d+ GPU variants/);
  });

  it("tells every fault of a site table with file, line and column, and what is allowed", async () => {
    const path = flare.file(
      "site.yaml",
      "about: {title: x}\nvalues:\n  - rule: a\n    set:\n      cost.fluidos.eu/hourly-rate: { lable: x }\n  - rule: b\n    sets: {}\n",
    );
    const { code, err } = await flare.run(["mappings", "check", path]);
    expect(code).toBe(1);
    expect(err).toMatch(/site\.yaml:5:\d+: .*unknown key "lable"; allowed: value, label,/);
    expect(err).toMatch(/site\.yaml:7:\d+: .*unknown key "sets"; allowed: rule,/);
  });

  it("tells a key that is none of the vocabulary with the nearest ones, and a value that does not fit", async () => {
    const path = flare.file(
      "units.yaml",
      "about: {title: x}\nvalues:\n  - rule: a\n    set:\n      cost.fluidos.eu/hourly-rat: 3\n      cost.fluidos.eu/hourly-rate: 12 EUR\n",
    );
    const { code, err } = await flare.run(["mappings", "check", path]);
    expect(code).toBe(1);
    expect(err).toContain(
      "units.yaml:5: rule a: cost.fluidos.eu/hourly-rat is no key of the vocabulary; near: cost.fluidos.eu/hourly-rate",
    );
    expect(err).toContain(
      'units.yaml:6: rule a: cost.fluidos.eu/hourly-rate cannot be "12 EUR"; expected a decimal number',
    );
  });

  it("shows a model by any of its names", async () => {
    for (const name of ["h100", "nvidia-h100", "NVIDIA-H100-NVL"]) {
      expect((await flare.run(["mappings", "show", name, "--output", "name"])).out).toBe("nvidia-h100\n");
    }
    const { out } = await flare.run(["mappings", "show", "NVIDIA-H100-NVL", "--output", "json"]);
    expect(JSON.parse(out)).toMatchObject([{ model: "nvidia-h100", variant: "nvl-94gb", "memory-gi": 94 }]);
  });

  it("tells an unknown model with the nearest ones, exit code 3", async () => {
    const { code, err } = await flare.run(["mappings", "show", "h10o"]);
    expect(err).toMatch(/the catalogue knows no "h10o"; nearest: .*nvidia-h100/);
    expect(code).toBe(3);
  });

  it("lets a site table win over the built-in ones", async () => {
    const site = flare.file(
      "prices.yaml",
      "about: {title: ours}\nvalues:\n  - rule: ours\n    when: [{ label: zone, is: a }]\n    set: { cost.fluidos.eu/hourly-rate: { sum: { value: 2, times: { device: physical } } }, cost.fluidos.eu/currency: EUR }\n",
    );
    const node = {
      kind: "Node",
      metadata: {
        name: "n",
        labels: { zone: "a", "nvidia.com/gpu.product": "NVIDIA-L4", "nvidia.com/gpu.count": "4" },
      },
    };
    const { out } = await flare.run(
      ["map", "-f", "-", "-o", "json", "--mappings", site],
      JSON.stringify(node),
    );
    const [mapped] = JSON.parse(out) as { annotations: Record<string, string> }[];
    expect(mapped?.annotations).toMatchObject({
      "cost.fluidos.eu/hourly-rate": "8",
      "cost.fluidos.eu/currency": "EUR",
    });
  });
});
