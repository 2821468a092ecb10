import { INTENTS, type KubeIntent } from "../hub/intents/intent-view.ts";
import { API_VERSION } from "../intent/resources.ts";
import type { IntentSpec } from "../intent/spec-schema.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject, ObjectMeta } from "../kubernetes/objects.ts";
import { EXIT_CODES, UserError } from "./exit.ts";

/** An Intent that is to be created; where it names no namespace it gets that of the command. */
export interface NewIntent {
  readonly apiVersion: typeof API_VERSION;
  readonly kind: "Intent";
  readonly metadata: ObjectMeta;
  readonly spec: IntentSpec;
}

export const intentObject = ({
  name,
  namespace,
  spec,
}: {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly spec: IntentSpec;
}): NewIntent => ({
  apiVersion: API_VERSION,
  kind: "Intent",
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  spec,
});

/** Creates an Intent. Throws a UserError where there is one of its name. */
export async function createIntent(
  client: Pick<KubeClient, "create">,
  namespace: string,
  intent: NewIntent,
): Promise<KubeIntent> {
  const metadata = { ...intent.metadata, namespace: intent.metadata.namespace ?? namespace };
  try {
    return await client.create<KubeIntent>(INTENTS, { ...intent, metadata } as KubeObject);
  } catch (error) {
    if (!isKubeError(error, "conflict")) throw error;
    const place = `${metadata.namespace}/${metadata.name}`;
    throw new UserError(
      `there is an Intent ${place} already; give another name, or flare cancel it first`,
      EXIT_CODES.failed,
    );
  }
}
