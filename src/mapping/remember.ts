/** Nodes of a cluster ask the same few questions; a bound is a bound. */
const REMEMBERED = 256;
const LONGEST = 128;

/** A pure function that remembers its last answers, also that there is none. Long texts are answered anew each time. */
export function remembering<K extends string | number | boolean, T>(
  answer: (question: K) => T,
  most = REMEMBERED,
): (question: K) => T {
  const remembered = new Map<K, T>();
  return (question) => {
    const before = remembered.get(question);
    if (before !== undefined || remembered.has(question)) return before as T;
    const found = answer(question);
    if (typeof question === "string" && question.length > LONGEST) return found;
    if (remembered.size >= most) remembered.clear();
    remembered.set(question, found);
    return found;
  };
}
