// Pictures: the rate as bars, and a line for each group.
import uPlot from "uplot";
import { h, setText, short } from "./dom";
import type { Point } from "./books";

const SPAN = 120; // seconds of rate in sight

function css(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600]; // seconds

const clock = (v: number): string =>
  new Date(v * 1000).toLocaleTimeString("en-GB");

function axes(ySize: number): uPlot.Axis[] {
  const one = {
    stroke: css("--dim"), font: `11px ${css("--sans")}`,
    grid: { stroke: css("--line"), width: 1 }, ticks: { show: false },
  };
  return [
    { ...one, grid: { show: false }, size: 24, gap: 6, incrs: STEPS,
      values: (_: uPlot, list: number[]) => list.map(clock), space: 90 },
    { ...one, size: ySize, gap: 4, space: 24,
      values: (_: uPlot, list: number[]) => list.map(short) },
  ];
}

abstract class Plot {
  protected plot: uPlot | null = null;

  constructor(protected readonly host: HTMLElement) {
    new ResizeObserver(() => this.resize()).observe(host);
  }

  protected get size(): { width: number; height: number } {
    return { width: Math.max(120, this.host.clientWidth), height: Math.max(40, this.host.clientHeight) };
  }

  private resize(): void {
    if (this.plot && this.host.clientWidth) this.plot.setSize(this.size);
  }

  /** The colours have changed. */
  restyle(): void {
    this.plot?.destroy();
    this.plot = null;
    this.redraw();
  }

  protected abstract redraw(): void;
}

/** The times that were swept with the pointer, and none is left marked. */
function swept(u: uPlot): { from: number; to: number } | null {
  const { left, width } = u.select;
  if (width > 0) u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  return width < 4 ? null
    : { from: u.posToVal(left, "x") * 1000, to: u.posToVal(left + width, "x") * 1000 };
}

/** Matched per second; the part of it that was dropped stands out. A sweep of
 * the pointer chooses the rows of that time. */
export class RateChart extends Plot {
  private points: Point[] = [];
  private drawn: Point[] = []; // those in sight
  private chosen: { from: number; to: number } | null = null;

  constructor(host: HTMLElement, private readonly choose: (from: number, to: number) => void) {
    super(host);
  }

  draw(points: Point[], chosen: { from: number; to: number } | null): void {
    this.points = points;
    this.chosen = chosen;
    this.redraw();
  }

  protected redraw(): void {
    if (!this.host.clientWidth) return;
    const end = this.points.at(-1)?.at ?? Date.now();
    const list = (this.drawn = this.points.filter((p) => p.at > end - SPAN * 1000));
    const data: uPlot.AlignedData = [
      list.map((p) => p.at / 1000),
      list.map((p) => p.matched),
      list.map((p) => p.dropped),
    ];
    const range = { min: end / 1000 - SPAN, max: end / 1000 + 1 };
    if (!this.plot) this.plot = new uPlot(this.options(), data, this.host);
    this.plot.batch(() => {
      this.plot!.setData(data, false);
      this.plot!.setScale("x", range);
    });
    this.host.setAttribute("aria-label", this.say(list));
  }

  private say(list: Point[]): string {
    const last = list.at(-1);
    return last ? `rate of the last two minutes; now ${short(last.matched)} matched and ` +
      `${short(last.dropped)} dropped a second` : "rate: nothing yet";
  }

  private options(): uPlot.Options {
    // A bar is of the second before its time.
    const bars = uPlot.paths.bars!({ size: [0.8, 12], align: -1 });
    return {
      ...this.size, legend: { show: false }, padding: [9, 28, 0, 0],
      cursor: { points: { show: false }, drag: { x: true, y: false, setScale: false }, y: false },
      axes: axes(40),
      scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.1)] } },
      series: [
        {},
        { label: "matched", paths: bars, fill: css("--accent-soft"), stroke: css("--accent-soft"), width: 0, points: { show: false } },
        { label: "dropped", paths: bars, fill: css("--warn"), stroke: css("--warn"), width: 0, points: { show: false } },
      ],
      hooks: {
        setCursor: [(u) => this.hover(u)], drawAxes: [(u) => this.shade(u)],
        setSelect: [(u) => {
          const t = swept(u);
          if (t) this.choose(t.from, t.to);
        }],
      },
    };
  }

  /** The time of which rows are shown. */
  private shade(u: uPlot): void {
    if (!this.chosen) return;
    const at = (ms: number): number =>
      Math.max(u.bbox.left, Math.min(u.bbox.left + u.bbox.width, u.valToPos(ms / 1000, "x", true)));
    const from = at(this.chosen.from), to = at(this.chosen.to);
    u.ctx.fillStyle = css("--select");
    u.ctx.fillRect(from, u.bbox.top, to - from, u.bbox.height);
  }

  private hover(u: uPlot): void {
    const i = u.cursor.idx;
    const p = i === null || i === undefined ? undefined : this.drawn[i];
    this.host.title = p
      ? `${clock(p.at / 1000)}  matched ${short(p.matched)}/s, dropped ${short(p.dropped)}/s` : "";
  }
}

export interface Line {
  name: string;
  points: Map<number, number>;
  colour: number; // -1: of nobody, such as all others together
}

export const COLOURS = 8;

const key = (l: Line): string => (l.colour < 0 ? "" : l.name);

/** The values of the greatest groups over time; a legend that says what each
 * was at the pointer. A sweep of the pointer zooms. */
export class SeriesChart extends Plot {
  private lines: Line[] = [];
  private times: number[] = [];
  private shape = "";
  private zoom: { from: number; to: number } | null = null;
  private hidden = new Map<string, boolean>(); // as the person wants it

  constructor(host: HTMLElement, private readonly legend: HTMLElement) {
    super(host);
  }

  draw(times: number[], lines: Line[]): void {
    this.times = times;
    this.lines = lines;
    this.redraw();
  }

  reset(): void {
    this.zoom = null;
    this.hidden.clear();
  }

  colour(i: number): string {
    return css(i < 0 ? "--dim" : `--c${(i % COLOURS) + 1}`);
  }

  protected redraw(): void {
    if (!this.host.clientWidth) return;
    const data: uPlot.AlignedData = [
      this.times.map((t) => t / 1000),
      ...this.lines.map((l) => this.times.map((t) => l.points.get(t) ?? null)),
    ];
    const shape = JSON.stringify(this.lines.map((l) => [l.name, l.colour, this.shows(l)]));
    if (!this.plot || shape !== this.shape) {
      this.plot?.destroy();
      this.plot = new uPlot(this.options(), data, this.host);
      this.shape = shape;
      this.drawLegend();
    } else this.plot.setData(data, !this.zoom);
    if (this.zoom) this.plot.setScale("x", { min: this.zoom.from / 1000, max: this.zoom.to / 1000 });
    this.say(this.plot.cursor.idx ?? null);
  }

  private zoomTo(range: { from: number; to: number } | null): void {
    this.zoom = range;
    this.restyle();
  }

  private options(): uPlot.Options {
    return {
      ...this.size, legend: { show: false }, padding: [10, 30, 0, 0],
      cursor: { drag: { x: true, y: false, setScale: false }, focus: { prox: 24 }, y: false,
        bind: { dblclick: () => () => { this.zoomTo(null); return null; } } },
      focus: { alpha: 0.25 },
      axes: axes(48),
      scales: { x: { time: true }, y: { range: (_u, min, max) => [Math.min(0, min ?? 0), Math.max(1, (max ?? 0) * 1.08)] } },
      series: [{}, ...this.lines.map((l) => ({
        label: l.name, stroke: this.colour(l.colour), width: 1.75, spanGaps: true,
        ...(l.colour < 0 && { dash: [4, 4] }),
        show: this.shows(l), points: { show: this.times.length < 3, size: 5 },
      }))],
      hooks: {
        setCursor: [(u) => this.say(u.cursor.idx ?? null)],
        setSelect: [(u) => {
          const t = swept(u);
          if (t) this.zoomTo(t);
        }],
      },
    };
  }

  private drawLegend(): void {
    const all = h("button", { class: "key", onclick: () => this.zoomTo(null) }, "show all times");
    all.hidden = this.zoom === null;
    this.legend.replaceChildren(h("time", {}), ...this.lines.map((l, i) => {
      const dash = h("i", { "aria-hidden": "true" });
      dash.style.background = this.colour(l.colour);
      return h("button", {
        class: "key line", "aria-pressed": String(this.shows(l)),
        title: `${l.name}: show or hide this line`,
        onclick: () => this.toggle(l),
        onmouseenter: () => this.plot?.setSeries(i + 1, { focus: true }),
        onmouseleave: () => this.plot?.setSeries(null as unknown as number, { focus: true }),
      }, dash, h("span", {}, l.name), h("b", {}));
    }), all);
  }

  private toggle(l: Line): void {
    this.hidden.set(key(l), this.shows(l));
    this.restyle();
  }

  /** All others together may be so many that the greatest could not be told
   * apart beside them: then they are a number in the legend only. */
  private shows(l: Line): boolean {
    const wish = this.hidden.get(key(l));
    if (wish !== undefined || l.colour >= 0) return !wish;
    const most = (x: Line): number => Math.max(0, ...x.points.values());
    return most(l) <= 3 * Math.max(...this.lines.filter((x) => x.colour >= 0).map(most));
  }

  override restyle(): void {
    this.shape = "";
    super.restyle();
  }

  /** The values at the pointer, else the newest ones; and of when. */
  private say(idx: number | null): void {
    const time = this.times[idx ?? this.times.length - 1];
    const [when, ...keys] = this.legend.children;
    if (when) setText(when, time === undefined ? "" : clock(time / 1000));
    this.lines.forEach((l, i) => {
      const v = time === undefined ? undefined : l.points.get(time);
      const b = keys[i]?.querySelector("b");
      if (b) setText(b, v === undefined ? "–" : short(v));
    });
  }
}
