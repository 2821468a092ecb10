/** A binary heap: the item that comes first is at hand. Adding and taking cost the logarithm of its size. */
export interface Heap<T> {
  readonly size: number;
  push(item: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

/** Creates an empty heap; `before` says which of two items comes first. */
export function createHeap<T>(before: (left: T, right: T) => boolean): Heap<T> {
  const items: T[] = [];
  const at = (index: number): T => items[index] as T;
  const swap = (left: number, right: number): void => {
    const kept = at(left);
    items[left] = at(right);
    items[right] = kept;
  };
  const rise = (from: number): void => {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(at(index), at(parent))) return;
      swap(index, parent);
      index = parent;
    }
  };
  const sink = (): void => {
    let index = 0;
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2])
        if (child < items.length && before(at(child), at(first))) first = child;
      if (first === index) return;
      swap(index, first);
      index = first;
    }
  };
  return {
    get size() {
      return items.length;
    },
    push: (item) => {
      items.push(item);
      rise(items.length - 1);
    },
    peek: () => items[0],
    pop: () => {
      const [first] = items;
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink();
      }
      return first;
    },
  };
}
