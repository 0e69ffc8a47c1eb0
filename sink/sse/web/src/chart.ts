// Pictures: the rate as bars, and a line for each group.
import uPlot from "uplot";
import { h, short } from "./dom";
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

/** Matched per second; the part of it that was dropped stands out. */
export class RateChart extends Plot {
  private points: Point[] = [];
  private drawn: Point[] = []; // those in sight

  draw(points: Point[]): void {
    this.points = points;
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
    const bars = uPlot.paths.bars!({ size: [0.8, 12], align: 0 });
    return {
      ...this.size, legend: { show: false }, padding: [9, 28, 0, 0],
      cursor: { points: { show: false }, drag: { x: false, y: false }, y: false },
      axes: axes(40),
      scales: { x: { time: true }, y: { range: (_u, _min, max) => [0, Math.max(1, max * 1.1)] } },
      series: [
        {},
        { label: "matched", paths: bars, fill: css("--accent-soft"), stroke: css("--accent-soft"), width: 0, points: { show: false } },
        { label: "dropped", paths: bars, fill: css("--warn"), stroke: css("--warn"), width: 0, points: { show: false } },
      ],
      hooks: { setCursor: [(u) => this.hover(u)] },
    };
  }

  private hover(u: uPlot): void {
    const i = u.cursor.idx;
    const p = i === null || i === undefined ? undefined : this.drawn[i];
    this.host.title = p
      ? `${clock(p.at / 1000)}  matched ${short(p.matched)}/s, dropped ${short(p.dropped)}/s` : "";
  }
}

export interface Line { name: string; points: Map<number, number> }

export const COLOURS = 8;

/** The values of the greatest groups over time; a legend that says what the
 * line under the pointer is. */
export class SeriesChart extends Plot {
  private lines: Line[] = [];
  private times: number[] = [];
  private shape = "";
  private readonly canvas: HTMLElement;
  private readonly legend: HTMLElement;
  private hidden = new Set<string>();

  constructor(host: HTMLElement, legend: HTMLElement) {
    super(host);
    this.canvas = host;
    this.legend = legend;
  }

  draw(times: number[], lines: Line[]): void {
    this.times = times;
    this.lines = lines.slice(0, COLOURS);
    this.redraw();
  }

  colour(i: number): string {
    return css(`--c${(i % COLOURS) + 1}`);
  }

  protected redraw(): void {
    if (!this.canvas.clientWidth) return;
    const data: uPlot.AlignedData = [
      this.times.map((t) => t / 1000),
      ...this.lines.map((l) => this.times.map((t) => l.points.get(t) ?? null)),
    ];
    const shape = JSON.stringify(this.lines.map((l) => l.name));
    if (!this.plot || shape !== this.shape) {
      this.plot?.destroy();
      this.plot = new uPlot(this.options(), data, this.canvas);
      this.shape = shape;
      this.drawLegend();
    } else this.plot.setData(data);
    this.say(this.plot.cursor.idx ?? null);
  }

  private options(): uPlot.Options {
    return {
      ...this.size, legend: { show: false }, padding: [10, 30, 0, 0],
      cursor: { drag: { x: false, y: false }, focus: { prox: 24 }, y: false },
      focus: { alpha: 0.25 },
      axes: axes(48),
      scales: { x: { time: true }, y: { range: (_u, min, max) => [Math.min(0, min ?? 0), Math.max(1, (max ?? 0) * 1.08)] } },
      series: [{}, ...this.lines.map((l, i) => ({
        label: l.name, stroke: this.colour(i), width: 1.75, spanGaps: true,
        show: !this.hidden.has(l.name), points: { show: this.times.length < 3, size: 5 },
      }))],
      hooks: { setCursor: [(u) => this.say(u.cursor.idx ?? null)] },
    };
  }

  private drawLegend(): void {
    this.legend.replaceChildren(...this.lines.map((l, i) => {
      const key = h("i", { "aria-hidden": "true" });
      key.style.background = this.colour(i);
      return h("button", {
        class: "key", "aria-pressed": String(!this.hidden.has(l.name)),
        title: "show or hide this line",
        onclick: () => this.toggle(l.name),
        onmouseenter: () => this.plot?.setSeries(i + 1, { focus: true }),
        onmouseleave: () => this.plot?.setSeries(null as unknown as number, { focus: true }),
      }, key, h("span", {}, l.name || "(null)"), h("b", {}));
    }));
  }

  private toggle(name: string): void {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.restyle();
  }

  override restyle(): void {
    this.shape = "";
    super.restyle();
  }

  /** The values at the pointer, else the newest ones. */
  private say(idx: number | null): void {
    const at = idx ?? this.times.length - 1;
    const time = this.times[at];
    this.lines.forEach((l, i) => {
      const v = time === undefined ? undefined : l.points.get(time);
      const b = this.legend.children[i]?.querySelector("b");
      if (b) b.textContent = v === undefined ? "–" : short(v);
    });
  }
}
