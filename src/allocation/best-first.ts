/** Positions of which the first ones of their order are at hand: a binary heap that knows where each of them stands. */
export interface BestFirst {
  size(): number;
  /** Takes a position in, or to its place after its terms changed. */
  put(position: number): void;
  remove(position: number): void;
  /** Calls back for each position, then puts all of them in order anew: for terms that change all at once. */
  change(each: (position: number) => void): void;
  /** So many of the first ones, in their order. */
  first(limit: number): readonly number[];
}

/** Creates an empty one for positions below `length`; `isBefore` is a total order. */
export function createBestFirst(
  length: number,
  isBefore: (left: number, right: number) => boolean,
): BestFirst {
  const heap = new Int32Array(length);
  const places = new Int32Array(length).fill(-1);
  let size = 0;

  const set = (place: number, position: number): void => {
    heap[place] = position;
    places[position] = place;
  };
  const at = (place: number): number => heap[place] as number;
  /** Puts the position at this place or above it. */
  const rise = (from: number, position: number): number => {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(position, at(parent))) break;
      set(place, at(parent));
      place = parent;
    }
    set(place, position);
    return place;
  };
  /** Puts the position at this place or below it. */
  const sink = (from: number, position: number): void => {
    let place = from;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= size) break;
      if (child + 1 < size && isBefore(at(child + 1), at(child))) child += 1;
      if (!isBefore(at(child), position)) break;
      set(place, at(child));
      place = child;
    }
    set(place, position);
  };
  const settle = (place: number, position: number): void => {
    if (rise(place, position) === place) sink(place, position);
  };
  return {
    size: () => size,
    put: (position) => {
      const place = places[position] as number;
      settle(place < 0 ? size++ : place, position);
    },
    remove: (position) => {
      const place = places[position] as number;
      if (place < 0) return;
      places[position] = -1;
      size -= 1;
      if (place < size) settle(place, at(size));
    },
    change: (each) => {
      for (let position = 0; position < length; position += 1)
        if ((places[position] as number) >= 0) each(position);
      for (let place = (size >> 1) - 1; place >= 0; place -= 1) sink(place, at(place));
    },
    first: (limit) => firstPlaces(limit, size, (left, right) => isBefore(at(left), at(right))).map(at),
  };
}

/** The places of so many first ones of a heap, in their order: nobody comes before the one that stands above. */
function firstPlaces(
  limit: number,
  size: number,
  isBefore: (left: number, right: number) => boolean,
): readonly number[] {
  const found: number[] = [];
  /** Places below those that were found, the best last. */
  const open: number[] = size > 0 ? [0] : [];
  const add = (place: number): void => {
    if (place >= size) return;
    let before = open.length;
    while (before > 0 && isBefore(open[before - 1] as number, place)) before -= 1;
    open.splice(before, 0, place);
  };
  while (found.length < limit) {
    const place = open.pop();
    if (place === undefined) break;
    found.push(place);
    add(2 * place + 1);
    add(2 * place + 2);
  }
  return found;
}
