import * as z from "zod";

/** Label of the answer: the namespace of the workload. */
const NAMESPACE = "workload_namespace";
/** What a namespace of a cluster is called; anything else would change what is asked. */
const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The PromQL that gives the mean utilisation of the GPUs of each namespace. dcgm-exporter puts the namespace of the pod that
 * uses a GPU into `namespace`; where Prometheus gives its targets a label of that name, and does not honour theirs, it
 * becomes `exported_namespace`, and `namespace` is the exporter's own.
 */
export function utilizationQuery(metric: string, namespaces: readonly string[]): string {
  const names = namespaces.filter((name) => NAME.test(name)).join("|");
  const named = (label: string, selector: string): string =>
    `label_replace(${metric}{${selector}}, "${NAMESPACE}", "$1", "${label}", "(.*)")`;
  const exported = named("exported_namespace", `exported_namespace=~"${names}"`);
  const plain = named("namespace", `exported_namespace="",namespace=~"${names}"`);
  return `avg by (${NAMESPACE}) (${exported} or ${plain})`;
}

const answerSchema = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({
      resultType: z.literal("vector"),
      result: z.array(
        z.object({
          metric: z.record(z.string(), z.string()),
          value: z.tuple([z.number(), z.string()]),
        }),
      ),
    }),
  }),
  z.object({ status: z.literal("error"), errorType: z.string().optional(), error: z.string().optional() }),
]);

/** Percent by namespace, from the answer to an instant query. Throws an Error that says what is wrong with it. */
export function readUtilization(text: string): ReadonlyMap<string, number> {
  const answer = answerSchema.safeParse(jsonOf(text));
  if (!answer.success) throw new Error("the answer is not one of Prometheus' HTTP API");
  if (answer.data.status === "error") {
    const { errorType = "error", error = "" } = answer.data;
    throw new Error(`${errorType}: ${error.slice(0, 500)}`);
  }
  const found = answer.data.data.result.map(({ metric, value }): [string, number] => [
    metric[NAMESPACE] ?? "",
    Number(value[1]),
  ]);
  // NaN where the exporter has nothing to tell; sums of several engines may be above 100.
  return new Map(
    found
      .filter(([, percent]) => Number.isFinite(percent) && percent >= 0)
      .map(([namespace, percent]) => [namespace, Math.min(100, percent)]),
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
