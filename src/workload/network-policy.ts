import type {
  V1NetworkPolicy,
  V1NetworkPolicyEgressRule,
  V1NetworkPolicyPeer,
  V1NetworkPolicyPort,
} from "@kubernetes/client-node";
import { type Cidr, covers, isWithin, parseCidr } from "./cidr.ts";
import { metadata, type WorkloadContext } from "./context.ts";
import { podSelector } from "./identity.ts";
import type { Manifest } from "./manifest.ts";
import { DEFAULTS } from "./options.ts";
import { ports } from "./ports.ts";

/** As it goes over the wire; the client's types have `from` under another name. */
interface IngressRule {
  readonly from?: V1NetworkPolicyPeer[];
  readonly ports?: V1NetworkPolicyPort[];
}
type NetworkPolicy = Manifest<Omit<V1NetworkPolicy, "spec">> & {
  readonly spec: Omit<NonNullable<V1NetworkPolicy["spec"]>, "ingress"> & { readonly ingress: IngressRule[] };
};
type FirewallRule = {
  readonly port: number;
  readonly protocol: string;
  readonly source: string;
  readonly action: string;
};

const EVERYWHERE = ["0.0.0.0/0", "::/0"].flatMap((text) => parseCidr(text) ?? []);

/**
 * Who may speak to the pods and to whom they may speak. In are let: the workload's own pods, and what reaches its
 * exposed ports, narrowed or widened by the Intent's firewall rules. Everything else is denied.
 */
export function networkPolicy(context: WorkloadContext): NetworkPolicy {
  const ownPods: V1NetworkPolicyPeer = { podSelector: { matchLabels: podSelector(context.intent) } };
  // A namespace of its own is closed as a whole, with pods that came from elsewhere.
  const isExclusive = context.options.namespace.exclusive !== false;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: metadata(context, context.base),
    spec: {
      podSelector: isExclusive ? {} : { matchLabels: podSelector(context.intent) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [ownPods] }, ...exposedRules(context)],
      egress: egressRules(context, ownPods),
    },
  };
}

/** One rule for each port that is exposed or that the Intent's firewall rules name. */
function exposedRules(context: WorkloadContext): IngressRule[] {
  const firewall = context.intent.spec.constraints?.security?.firewallRules ?? [];
  const protocolOf = (rule: FirewallRule): string => rule.protocol.toUpperCase();
  const keys = new Set([
    ...ports(context)
      .filter(({ expose }) => expose)
      .map(({ protocol, port }) => `${protocol} ${port}`),
    ...firewall.map((rule) => `${protocolOf(rule)} ${rule.port}`),
  ]);
  const exposed = new Set(
    ports(context)
      .filter(({ expose }) => expose)
      .map(({ protocol, port }) => `${protocol} ${port}`),
  );
  return [...keys].flatMap((key): IngressRule[] => {
    const [protocol = "TCP", port] = key.split(" ");
    const rules = firewall.filter((rule) => `${protocolOf(rule)} ${rule.port}` === key);
    const peers = rules.length > 0 ? firewallPeers(rules, exposed.has(key)) : anyone(context);
    const on: V1NetworkPolicyPort = { protocol, port: Number(port) };
    if (peers === "everyone") return [{ ports: [on] }];
    return peers.length === 0 ? [] : [{ from: peers, ports: [on] }];
  });
}

function anyone({ options }: WorkloadContext): V1NetworkPolicyPeer[] | "everyone" {
  const matchLabels = options.network?.ingressFrom;
  return matchLabels === undefined
    ? "everyone"
    : [{ namespaceSelector: { matchLabels: { ...matchLabels } } }];
}

/**
 * Sources that rules for one port let in. Denied ranges are cut out of the allowed ones; with denials alone, of
 * everywhere, if the port is exposed at all. A denial that cannot be read closes the port.
 */
function firewallPeers(rules: readonly FirewallRule[], isExposed: boolean): V1NetworkPolicyPeer[] {
  const sources = (action: string): readonly (Cidr | undefined)[] =>
    rules.filter((rule) => rule.action === action).map(({ source }) => parseCidr(source));
  const denied = sources("Deny");
  if (denied.includes(undefined)) return [];
  const closed = denied.flatMap((cidr) => cidr ?? []);
  const allowed = sources("Allow");
  const open = allowed.length > 0 ? allowed.flatMap((cidr) => cidr ?? []) : isExposed ? EVERYWHERE : [];
  return open
    .filter((cidr) => !closed.some((denial) => covers(denial, cidr)))
    .map((cidr) => ipBlock(cidr, closed));
}

function ipBlock(cidr: Cidr, exceptions: readonly Cidr[]): V1NetworkPolicyPeer {
  const except = exceptions.filter((exception) => isWithin(exception, cidr)).map(({ text }) => text);
  return { ipBlock: { cidr: cidr.text, ...(except.length === 0 ? {} : { except }) } };
}

/** Names are looked up in any case; beyond that everywhere but what is blocked, or only what is allowed. */
function egressRules(
  { options }: WorkloadContext,
  ownPods: V1NetworkPolicyPeer,
): V1NetworkPolicyEgressRule[] {
  const { egress = "open", blocked = DEFAULTS.blocked, allowed = [] } = options.network ?? {};
  const read = (texts: readonly string[]): readonly Cidr[] => texts.flatMap((text) => parseCidr(text) ?? []);
  const dns = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
  const to =
    egress === "open"
      ? EVERYWHERE.map((cidr) => ipBlock(cidr, read(blocked)))
      : read(allowed).map((cidr) => ipBlock(cidr, []));
  return [{ ports: dns }, { to: [ownPods, ...to] }];
}
