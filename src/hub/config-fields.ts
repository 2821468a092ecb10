import * as z from "zod";
import { parseDuration } from "../units/duration.ts";

/** A duration such as `90s` or `10m`; parsed to milliseconds. */
export const duration = (fallback: string, least: string) =>
  z
    .string()
    .default(fallback)
    .transform((text, context) => {
      const milliseconds = parseDuration(text);
      if (milliseconds !== undefined && milliseconds >= (parseDuration(least) ?? 0)) return milliseconds;
      context.addIssue({ code: "custom", message: `a duration such as ${fallback}, not below ${least}` });
      return z.NEVER;
    });

/** A name of an object in Kubernetes. */
export const name = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "a name in lower case letters, digits, - and .");

/** Whether Intl, and with it ISO 4217, knows a currency. */
export const isCurrency = (code: string): boolean => Intl.supportedValuesOf("currency").includes(code);

export const currency = z
  .string()
  .refine(isCurrency, "a currency of ISO 4217 in capital letters, such as EUR");
