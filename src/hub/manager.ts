/** The field manager of everything that the hub writes, and the value of `app.kubernetes.io/managed-by` on what it owns. */
export const HUB_MANAGER = "flare-hub";
