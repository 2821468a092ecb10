/** Strings by name, as labels, annotations and resource lists are. */
export type StringMap = Readonly<Record<string, string>>;

/** A scalar of a DRA device: what a ResourceSlice publishes as attribute or capacity, flattened. */
export type DeviceAttribute = string | number | boolean;

/** One device of a ResourceSlice (resource.k8s.io), with its attributes and capacities by unqualified name. */
export interface DraDevice {
  /** The driver, e.g. `gpu.nvidia.com`. */
  readonly driver: string;
  readonly pool: string;
  readonly name: string;
  /**
   * By unqualified name. The observer adds `overlapping: true` to a device that draws on shared counters
   * (`consumesCounters`): it is one of several ways to cut the same GPU, not a GPU of its own.
   */
  readonly attributes: Readonly<Record<string, DeviceAttribute>>;
  /** Kubernetes quantities as text, e.g. `{ memory: "81559Mi" }`. */
  readonly capacity: StringMap;
}

/** A PCI function seen in sysfs. Ids are four lower-case hex digits without `0x`; `class` is six. */
export interface PciDevice {
  readonly address: string;
  readonly vendor: string;
  readonly device: string;
  readonly class: string;
}

/** What the node's own hardware says, read by the agent; absent where only a Node object is known. */
export interface HardwareFacts {
  /** Display and accelerator functions only (PCI classes 03xx, 0b40, 12xx). */
  readonly gpus: readonly PciDevice[];
  /** Sum of the link speeds of the physical NICs that are up, in Gbit/s. */
  readonly networkGbps?: number;
}

/**
 * Everything that is known of one node, as plain data. `allocatable` is absent when nobody told it (a bare
 * label set), which is not the same as empty: a kubelet that reports no GPU resource has none to give.
 */
export interface NodeFacts {
  readonly name: string;
  readonly labels: StringMap;
  readonly annotations: StringMap;
  readonly allocatable?: StringMap;
  readonly providerID?: string;
  /** `status.nodeInfo`: architecture, kernelVersion, osImage, ... */
  readonly nodeInfo?: StringMap;
  readonly draDevices?: readonly DraDevice[];
  readonly hardware?: HardwareFacts;
}
