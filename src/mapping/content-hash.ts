/**
 * Twelve hex digits that change when the texts do: two lanes of FNV-1a. It tells versions apart and protects nothing,
 * so it need not be cryptographic, and this room stays free of Node's own modules.
 */
export function contentHash(texts: readonly string[]): string {
  let low = 0x811c9dc5;
  let high = 0xc9dc5118;
  for (const text of texts) {
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      low = Math.imul(low ^ code, 0x01000193);
      high = Math.imul(high ^ ((code << 7) | (low >>> 25)), 0x01000193);
    }
    // The end of a text counts too, so that moving a border changes the hash.
    low = Math.imul(low ^ 0x10000, 0x01000193);
  }
  const hex = (lane: number): string => (lane >>> 0).toString(16).padStart(8, "0");
  return (hex(high) + hex(low)).slice(4);
}
