/** A chart as SVG text: lines over one axis, the same for the same figures. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** Dots without a line between them. */
  readonly dots?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly note: string;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 400;
const AREA = { left: 60, top: 50, right: 560, bottom: 330 } as const;
/** Told apart by people who see few colours (Okabe and Ito). */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"] as const;

export function svgOf({ title, x, y, note, series }: Chart): string {
  const all = series.flatMap(({ points }) => points);
  const scaleX = scaleOf(
    all.map(([value]) => value),
    AREA.left,
    AREA.right,
  );
  const scaleY = scaleOf(
    all.map(([, value]) => value),
    AREA.bottom,
    AREA.top,
  );
  const middle = (AREA.left + AREA.right) / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(AREA.left, 24, title, 'font-size="15" font-weight="bold"'),
    ...scaleX.ticks.flatMap((tick) => [
      line(scaleX.at(tick), AREA.bottom, scaleX.at(tick), AREA.top, "#e5e5e5"),
      text(scaleX.at(tick), AREA.bottom + 18, String(tick), 'text-anchor="middle"'),
    ]),
    ...scaleY.ticks.flatMap((tick) => [
      line(AREA.left, scaleY.at(tick), AREA.right, scaleY.at(tick), "#e5e5e5"),
      text(AREA.left - 8, scaleY.at(tick) + 4, String(tick), 'text-anchor="end"'),
    ]),
    text(middle, AREA.bottom + 38, x, 'text-anchor="middle"'),
    text(AREA.left, 42, y, 'fill="#555"'),
    text(AREA.left, HEIGHT - 12, note, 'fill="#555" font-size="11"'),
    ...series.flatMap((one, index) => drawn(one, index, scaleX.at, scaleY.at)),
    "</svg>",
    "",
  ].join("\n");
}

type Scale = (value: number) => number;

function drawn({ name, points, dots }: Series, index: number, atX: Scale, atY: Scale): readonly string[] {
  const colour = COLOURS[index % COLOURS.length] ?? "#000";
  const places = points.map(([x, y]) => `${number(atX(x))},${number(atY(y))}`);
  const legend = AREA.top + 14 + index * 20;
  return [
    ...(dots
      ? []
      : [`<polyline points="${places.join(" ")}" fill="none" stroke="${colour}" stroke-width="2"/>`]),
    ...places.map((place) => {
      const [cx, cy] = place.split(",");
      return `<circle cx="${cx}" cy="${cy}" r="${dots ? 6 : 3}" fill="${colour}"/>`;
    }),
    `<circle cx="${AREA.right + 20}" cy="${legend - 4}" r="5" fill="${colour}"/>`,
    text(AREA.right + 32, legend, name, ""),
  ];
}

/** From zero, or the next round number below the least, to the next round number above the most. */
function scaleOf(
  values: readonly number[],
  from: number,
  to: number,
): { readonly ticks: readonly number[]; readonly at: Scale } {
  const most = Math.max(...values, 0);
  const least = Math.min(...values, 0);
  const rough = (most - least || 1) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const [low, high] = [Math.floor(least / step), Math.ceil(most / step)];
  const ticks = Array.from({ length: high - low + 1 }, (_, at) =>
    Number(((low + at) * step).toPrecision(12)),
  );
  return { ticks, at: (value) => from + ((value / step - low) / (high - low)) * (to - from) };
}

const number = (value: number): string => value.toFixed(1);
const line = (x1: number, y1: number, x2: number, y2: number, colour: string): string =>
  `<line x1="${number(x1)}" y1="${number(y1)}" x2="${number(x2)}" y2="${number(y2)}" stroke="${colour}"/>`;
const text = (x: number, y: number, words: string, attributes: string): string =>
  `<text x="${number(x)}" y="${number(y)}" ${attributes}>${escaped(words)}</text>`;
const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
