/** Intents of every shape that tests start from. */

type Fields = Record<string, unknown>;

/** The least that an Intent must say, as a custom resource. */
export const minimal = (spec: Fields = {}, workload: Fields = {}): Fields => ({
  apiVersion: "flare.clastix.io/v1alpha1",
  kind: "Intent",
  metadata: { name: "demo", namespace: "team-a" },
  spec: {
    objective: "CostMinimization",
    workload: { type: "Service", name: "demo", image: "nginx:1.27", ...workload },
    ...spec,
  },
});

/** The same with something said of the GPUs. */
export const withGpu = (gpu: Fields): Fields => minimal({}, { resources: { gpu } });

/** The same in the REST form. */
export const request = (intent: Fields = {}, workload: Fields = {}): Fields => ({
  intent: {
    objective: "Cost_Minimization",
    workload: { type: "service", name: "demo", image: "nginx:1.27", ...workload },
    ...intent,
  },
});

/** Specs that the reference's schema takes, with all of its fields between them. */
export const referenceSpecs: Readonly<Record<string, Fields>> = {
  "a service that asks for memory only": {
    objective: "PerformanceMaximization",
    workload: {
      type: "Service",
      name: "gpu-demo-apache",
      image: "httpd:2.4-alpine",
      commands: ["httpd-foreground"],
      ports: [{ port: 80, expose: true }],
      resources: { cpu: "1", memory: "512Mi", gpu: { count: 1, memoryMin: "70Gi" } },
    },
    contraints: { maxHourlyCost: 2, location: "EU", maxLatencyMs: 100 },
    sla: { availability: "99.0%" },
  },
  "a service with everything that services have": {
    objective: "LatencyMinimization",
    workload: {
      type: "Service",
      name: "llm",
      image: "lmsysorg/sglang:latest",
      commands: ["python3 -m sglang.launch_server --port 8000"],
      env: ["MODEL_ID=deepseek-ai/DeepSeek-R1", "FLAGS=--a=b"],
      secrets: [{ name: "huggingface-token", env: "HF_TOKEN" }],
      ports: [{ port: 8000, protocol: "TCP", expose: true, domain: "llm.example.com" }, { port: 9000 }],
      deploymentStrategy: "Distributed",
      communicationPattern: "Independent",
      resources: {
        cpu: 8,
        memory: "32Gi",
        gpu: {
          model: "Any",
          count: 2,
          memoryMin: "40Gi",
          memoryMax: "80Gi",
          coresMin: 1000,
          coresMax: 20_000,
          clockSpeedMin: "1500M",
          computeCapability: "8.0",
          architecture: "ampere",
          tier: "premium",
          interconnect: "nvlink",
          topology: "NvSwitch",
          fp32TFlops: 19.5,
          multiGPUEfficiency: 0.85,
          shared: false,
          interruptible: false,
          multiInstance: false,
          dedicated: true,
        },
      },
      storage: { volumes: [{ name: "cache", size: "100Gi", type: "Persistent", path: "/root/.cache" }] },
      scaling: {
        minReplicas: 2,
        maxReplicas: 10,
        autoScale: true,
        targetCPUPercent: 70,
        targetGPUPercent: 80,
      },
    },
    contraints: {
      maxHourlyCost: 50.5,
      location: "EU",
      availabilityZone: "eu-west-1a",
      preEmptible: false,
      providers: ["AWS", "GCP"],
      availability: {
        windowStart: "22:00",
        windowEnd: "06:00",
        timezone: "Europe/Rome",
        daysOfWeek: ["Mon", "Fri"],
        blackoutDates: ["2026-12-25"],
        maintenanceWindows: [{ start: "2026-01-03", end: "2026-01-04", frequency: "Monthly" }],
      },
      negotiation: {
        fallbackStrategy: "lower_tier",
        priceFlexibility: 0.15,
        resourceFlexibility: 0.3,
        autoAcceptThreshold: 0.05,
        maxNegotiationRounds: 3,
        timeoutSeconds: 300,
      },
      energy: {
        maxCarbonFootprint: "50g CO2/h",
        renewableEnergyOnly: true,
        energyEfficiencyRating: "B",
        powerUsageEffectiveness: 1.4,
        greenCertifiedOnly: false,
      },
      compliance: {
        dataResidency: ["EU"],
        certifications: ["ISO27001", "SOC2"],
        encryptionAtRest: true,
        encryptionInTransit: true,
        auditLogging: true,
        gdprCompliant: true,
        hippaCompliant: false,
      },
      performance: {
        minNetworkBandwidth: "10G",
        maxJitterMs: 10,
        minUptimePercent: 99.9,
        maxColdStartTime: "30s",
        gpuUtilizationTarget: 0.8,
        memoryUtilizationTarget: 0.8,
      },
      security: {
        networkIsolation: "Private",
        firewallRules: [{ port: 22, protocol: "TCP", source: "10.0.0.0/8", action: "Allow" }],
        vpnAccess: true,
        bastionHost: false,
        intrusionDetection: true,
        vulnerabilityScanning: true,
      },
    },
    sla: { availability: "99.9%", maxInterruptionTime: "2m0s", backupStrategy: "checkpoint" },
  },
  "a batch job on spot nodes with data from S3": {
    objective: "CostMinimization",
    workload: {
      type: "Batch",
      name: "video",
      image: "ffmpeg-gpu:latest",
      resources: {
        cpu: "4",
        memory: "16Gi",
        gpu: { model: "nvidia-rtx-4090", count: 1, tier: "gaming", shared: true },
      },
      storage: {
        volumes: [
          {
            name: "video-input",
            size: "500Gi",
            type: "Temporary",
            path: "/data/input",
            source: { type: "S3", uri: "s3://my-videos/raw/", credentials: "aws-readonly" },
          },
        ],
      },
      batch: { parallelTasks: 20, maxRetries: 2, timeout: "6h0m0s", completionPolicy: "All" },
    },
    contraints: { maxTotalCost: 200, deadline: "2027-12-15T00:00:00Z", preEmptible: true, location: "any" },
  },
  "the least that can be said": {
    objective: "BalancedOptimization",
    workload: { type: "Batch", name: "least", image: "busybox" },
  },
};
