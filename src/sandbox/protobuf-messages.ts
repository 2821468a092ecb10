/**
 * The messages of the Kubernetes protobuf encoding that kubectl sends for its `create`, `auth` and `drain` commands:
 * for each field number the JSON name and what it holds. Everything else it sends as JSON.
 */
export type FieldType =
  | "string"
  | "bytes"
  | "int"
  | "bool"
  | "strings"
  | "stringMap"
  | "bytesMap"
  | "quantityMap"
  | "intOrString"
  | Message
  | readonly [Message];

/** A list of one message stands for a repeated one. */
export interface Message {
  readonly [number: number]: readonly [name: string, type: FieldType];
}

const ownerReference: Message = {
  1: ["kind", "string"],
  3: ["name", "string"],
  4: ["uid", "string"],
  5: ["apiVersion", "string"],
  6: ["controller", "bool"],
  7: ["blockOwnerDeletion", "bool"],
};
const metadata: Message = {
  1: ["name", "string"],
  2: ["generateName", "string"],
  3: ["namespace", "string"],
  5: ["uid", "string"],
  6: ["resourceVersion", "string"],
  11: ["labels", "stringMap"],
  12: ["annotations", "stringMap"],
  13: ["ownerReferences", [ownerReference]],
  14: ["finalizers", "strings"],
};
const withSpec = (spec: Message): Message => ({ 1: ["metadata", metadata], 2: ["spec", spec] });

const resourceAttributes: Message = {
  1: ["namespace", "string"],
  2: ["verb", "string"],
  3: ["group", "string"],
  4: ["version", "string"],
  5: ["resource", "string"],
  6: ["subresource", "string"],
  7: ["name", "string"],
};
const access: Message = {
  1: ["resourceAttributes", resourceAttributes],
  2: ["nonResourceAttributes", { 1: ["path", "string"], 2: ["verb", "string"] }],
};
const objectReference: Message = {
  1: ["kind", "string"],
  2: ["apiVersion", "string"],
  3: ["name", "string"],
  4: ["uid", "string"],
};

const rule: Message = {
  1: ["verbs", "strings"],
  2: ["apiGroups", "strings"],
  3: ["resources", "strings"],
  4: ["resourceNames", "strings"],
  5: ["nonResourceURLs", "strings"],
};
const role: Message = { 1: ["metadata", metadata], 2: ["rules", [rule]] };
const binding: Message = {
  1: ["metadata", metadata],
  2: [
    "subjects",
    [{ 1: ["kind", "string"], 2: ["apiGroup", "string"], 3: ["name", "string"], 4: ["namespace", "string"] }],
  ],
  3: ["roleRef", { 1: ["apiGroup", "string"], 2: ["kind", "string"], 3: ["name", "string"] }],
};

const container: Message = {
  1: ["name", "string"],
  2: ["image", "string"],
  3: ["command", "strings"],
  4: ["args", "strings"],
  6: ["ports", [{ 1: ["name", "string"], 3: ["containerPort", "int"], 4: ["protocol", "string"] }]],
  7: ["env", [{ 1: ["name", "string"], 2: ["value", "string"] }]],
  8: ["resources", { 1: ["limits", "quantityMap"], 2: ["requests", "quantityMap"] }],
  14: ["imagePullPolicy", "string"],
};
const podSpec: Message = {
  2: ["containers", [container]],
  3: ["restartPolicy", "string"],
  7: ["nodeSelector", "stringMap"],
  8: ["serviceAccountName", "string"],
};
const template: Message = { 1: ["metadata", metadata], 2: ["spec", podSpec] };

/** By kind; the kinds of these names mean the same in every version that is served. */
export const messages: Readonly<Record<string, Message>> = {
  Namespace: withSpec({ 1: ["finalizers", "strings"] }),
  ConfigMap: {
    1: ["metadata", metadata],
    2: ["data", "stringMap"],
    3: ["binaryData", "bytesMap"],
    4: ["immutable", "bool"],
  },
  Secret: {
    1: ["metadata", metadata],
    2: ["data", "bytesMap"],
    3: ["type", "string"],
    4: ["stringData", "stringMap"],
    5: ["immutable", "bool"],
  },
  ServiceAccount: { 1: ["metadata", metadata] },
  Role: role,
  ClusterRole: role,
  RoleBinding: binding,
  ClusterRoleBinding: binding,
  PriorityClass: {
    1: ["metadata", metadata],
    2: ["value", "int"],
    3: ["globalDefault", "bool"],
    4: ["description", "string"],
    5: ["preemptionPolicy", "string"],
  },
  Deployment: withSpec({
    1: ["replicas", "int"],
    2: ["selector", { 1: ["matchLabels", "stringMap"] }],
    3: ["template", template],
  }),
  Job: withSpec({
    1: ["parallelism", "int"],
    2: ["completions", "int"],
    6: ["template", template],
    7: ["backoffLimit", "int"],
  }),
  Service: withSpec({
    1: [
      "ports",
      [
        {
          1: ["name", "string"],
          2: ["protocol", "string"],
          3: ["port", "int"],
          4: ["targetPort", "intOrString"],
        },
      ],
    ],
    2: ["selector", "stringMap"],
    4: ["type", "string"],
  }),
  Eviction: {
    1: ["metadata", metadata],
    2: [
      "deleteOptions",
      {
        1: ["gracePeriodSeconds", "int"],
        2: ["preconditions", { 1: ["uid", "string"] }],
        5: ["dryRun", "strings"],
      },
    ],
  },
  TokenRequest: withSpec({
    1: ["audiences", "strings"],
    3: ["boundObjectRef", objectReference],
    4: ["expirationSeconds", "int"],
  }),
  TokenReview: withSpec({ 1: ["token", "string"], 2: ["audiences", "strings"] }),
  SelfSubjectReview: { 1: ["metadata", metadata] },
  SelfSubjectAccessReview: withSpec(access),
  SelfSubjectRulesReview: withSpec({ 1: ["namespace", "string"] }),
  SubjectAccessReview: withSpec({
    ...access,
    3: ["user", "string"],
    4: ["groups", "strings"],
    6: ["uid", "string"],
  }),
  LocalSubjectAccessReview: withSpec({
    ...access,
    3: ["user", "string"],
    4: ["groups", "strings"],
    6: ["uid", "string"],
  }),
};
