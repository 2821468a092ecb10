import { existsSync, readFileSync } from "node:fs";
import { parse } from "yaml";

const SAMPLES = "../shared/data/fluidos";

/** Whether the objects of the interoperability specification are at hand. */
export const samplesAreThere = existsSync(SAMPLES);

/** One of them, by its file. */
export const sample = (file: string): unknown => parse(readFileSync(`${SAMPLES}/${file}.yaml`, "utf8"));

/** The CRD that a kind is checked by; undefined where it is not at hand. */
export function crdOf(group: string, plural: string): string | undefined {
  const path = `../shared/crds/${group}_${plural}.yaml`;
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

/** A PeeringCandidate as FLUIDOS writes it, for four H100 or whatever else the GPU block says. */
export function candidateObject({
  flavor = "fluidos.eu-k8slice-a1b2",
  gpu = {},
  spec = {},
  status = {},
  annotations = {},
  slice = {},
  flavorSpec = {},
}: {
  readonly flavor?: string;
  readonly gpu?: object | null;
  readonly spec?: object;
  readonly status?: object;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly slice?: object;
  readonly flavorSpec?: object;
} = {}) {
  const block = {
    vendor: "nvidia",
    model: "nvidia-h100",
    count: 4,
    memory: "320Gi",
    cores: "67584",
    tier: "premium",
    hourly_rate: 4.5,
    region: "zone-a",
    zone: "eu-west-1",
    provider: "cloud-provider-1",
    ...gpu,
  };
  return {
    apiVersion: "advertisement.fluidos.eu/v1alpha1",
    kind: "PeeringCandidate",
    metadata: { name: `peeringcandidate-${flavor}`, namespace: "fluidos", annotations },
    spec: {
      available: true,
      interestedSolverIDs: ["gpu-discovery"],
      flavor: {
        metadata: { name: flavor, namespace: "fluidos" },
        spec: {
          availability: true,
          providerID: "4ahrqttvng",
          owner: { domain: "fluidos.eu", nodeID: "4ahrqttvng", ip: "172.18.0.4:30001" },
          price: { amount: "", currency: "", period: "" },
          networkPropertyType: "networkProperty",
          flavorType: {
            typeIdentifier: "K8Slice",
            typeData: {
              characteristics: {
                architecture: "amd64",
                cpu: "7936509182n",
                memory: "31206396Ki",
                pods: "110",
                storage: "0",
                ...(gpu === null ? {} : { gpu: block }),
                ...slice,
              },
              policies: { partitionability: {} },
              properties: {},
            },
          },
          ...flavorSpec,
        },
      },
      ...spec,
    },
    status: { creationTime: "2025-09-02T20:41:20Z", lastUpdateTime: "2025-09-02T20:41:25Z", ...status },
  };
}
