/**
 * So many slots with nothing in them. Filled, since an array that is written from its end becomes a slow table; and not by
 * `Array.from`, which takes twenty times as long.
 */
export function emptySlots<T>(length: number): (T | undefined)[] {
  const slots: (T | undefined)[] = [];
  slots.length = length;
  return slots.fill(undefined);
}
