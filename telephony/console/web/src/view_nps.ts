// The NPS of successive quarters with its interval, as SVG: each score is a mark with its figure beside it, so that nothing
// is said by colour alone, and the whole is told in words [WCAG 2.2 §1.1.1, §1.4.1].

export interface Quarter {
  quarter: string;
  nps: number | null;
  nps_low: number | null;
  nps_high: number | null;
  nps_answers: number;
}

const [WIDTH, HEIGHT, LEFT, TOP, BOTTOM] = [640, 260, 56, 16, 48];
const SVG = "http://www.w3.org/2000/svg";

function draw(name: string, attributes: Record<string, string | number>, text = ""): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text) element.textContent = text;
  return element;
}

const y = (points: number): number => TOP + ((100 - points) / 200) * (HEIGHT - TOP - BOTTOM);

function gridLines(): SVGElement[] {
  return [-100, -50, 0, 50, 100].flatMap((points) => [
    draw("line", { class: "axis", x1: LEFT, x2: WIDTH, y1: y(points), y2: y(points), "stroke-dasharray": points ? "2 6" : "none" }),
    draw("text", { x: LEFT - 8, y: y(points) + 5, "text-anchor": "end" }, String(points)),
  ]);
}

function mark({ nps, nps_low: low, nps_high: high }: Quarter, x: number): SVGElement[] {
  if (nps === null || low === null || high === null) return [];
  const ends = [low, high].map((end) => draw("line", { class: "interval", x1: x - 9, x2: x + 9, y1: y(end), y2: y(end) }));
  return [
    draw("line", { class: "interval", x1: x, x2: x, y1: y(low), y2: y(high) }),
    ...ends,
    draw("circle", { class: "score", cx: x, cy: y(nps), r: 6 }),
    draw("text", { x: x + 14, y: y(nps) + 5 }, String(Math.round(nps))),
  ];
}

/** `titleId` names the picture, `told` says it in words. */
export function picture(quarters: readonly Quarter[], titleId: string, told: string): SVGElement {
  const svg = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-labelledby": `${titleId} picture-told` });
  svg.append(draw("desc", { id: "picture-told" }, told), ...gridLines());
  const step = (WIDTH - LEFT) / Math.max(1, quarters.length);
  for (const [place, each] of quarters.entries()) {
    const x = LEFT + step * (place + 0.5);
    svg.append(
      ...mark(each, x),
      draw("text", { x, y: HEIGHT - 24, "text-anchor": "middle" }, each.quarter),
      draw("text", { x, y: HEIGHT - 6, "text-anchor": "middle" }, `n = ${each.nps_answers}`),
    );
  }
  return svg;
}
