/** Canonical names of models begin with their maker's: `nvidia-h100`. */
export const vendorIn = (model: string | undefined): string | undefined => model?.split("-", 1)[0];
