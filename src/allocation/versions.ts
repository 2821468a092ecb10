/** Compares versions part by part as numbers: `10.0` is above `9.0`, `8` equals `8.0`. Negative: left is lower. */
export function compareVersions(left: string, right: string): number {
  const lefts = left.split(".");
  const rights = right.split(".");
  for (let part = 0; part < Math.max(lefts.length, rights.length); part += 1) {
    const difference = Number(lefts[part] ?? 0) - Number(rights[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** True when `has` is a version and not below `needs`. */
export function versionAtLeast(has: string | undefined, needs: string): boolean {
  return has !== undefined && compareVersions(has, needs) >= 0;
}
