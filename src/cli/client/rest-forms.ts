import * as z from "zod";

/** What answers of the REST API must have for this program; a newer hub may say more. */

const text = () => z.string().optional();

export const intentForm = z.looseObject({
  intent_id: z.string(),
  name: z.string(),
  namespace: z.string(),
  phase: z.string(),
  message: z.string(),
  created_at: text(),
  workload_url: text(),
  estimated_cost: text(),
  current_cost: text(),
  gpu_utilization: text(),
  queue_position: z.number().optional(),
  placement: z
    .looseObject({ provider: z.string(), model: text(), gpus: z.number(), rate: text() })
    .optional(),
});

export type IntentForm = z.output<typeof intentForm>;

export const intentsForm = z.object({ intents: z.array(intentForm), next_cursor: text() });

const place = z.object({
  provider: z.string(),
  model: text(),
  gpus: z.number().optional(),
  rate: text(),
});

export const submittedForm = z.object({
  intent_id: z.string(),
  name: z.string(),
  namespace: z.string(),
  message: z.string(),
});

export const dryRunForm = z.object({
  message: z.string(),
  estimated_cost: text(),
  decision: z.object({
    outcome: z.enum(["placed", "relaxed", "queued"]),
    considered: z.number(),
    fitting: z.number(),
    rejected: text(),
    placement: z.array(place).optional(),
    alternatives: z.array(place).optional(),
    suggestions: z
      .array(z.object({ alternative: z.string(), cost_difference: text(), performance_impact: text() }))
      .optional(),
  }),
});

export const gpusForm = z.object({
  available_gpus: z.array(
    z.object({
      provider: z.string(),
      model: z.string(),
      variant: text(),
      profile: text(),
      count: z.number(),
      total: z.number(),
      nodes: z.number().optional(),
      memory: text(),
      tier: text(),
      location: text(),
      cost_per_hour: text(),
    }),
  ),
  next_cursor: text(),
});

export const tokenForm = z.object({
  token_id: z.string(),
  name: z.string(),
  user_id: text(),
  created_at: z.string(),
  expires_at: z.string(),
  last_used: text(),
  permissions: z.array(z.string()),
  status: text(),
});
export const madeTokenForm = tokenForm.extend({ token: z.string() });
export const tokensForm = z.object({ tokens: z.array(tokenForm), next_cursor: text() });

export const verifiedForm = z.object({
  user_id: z.string(),
  expires_at: text(),
  tenants: z.array(
    z.object({ tenant: z.string(), namespaces: z.array(z.string()), permissions: z.array(z.string()) }),
  ),
});

export type Verified = z.output<typeof verifiedForm>;
