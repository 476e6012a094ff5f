// A plot with a title and chips that name, colour, show and hide its series: uPlot draws the lines.
import uPlot from '../vendor/uplot/uPlot.esm.js';
import { el, fixed, setText } from './dom.js';

export const palette = ['#4a86d8', '#e8833a', '#3fa66b', '#d65a5a', '#9a74d8', '#28a3a8', '#b0893a', '#d667a8'];
const css = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const plots = new Set();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => plots.forEach(p => p.redraw()));

export class Plot {
  /**
   * @param host the section to fill
   * @param options {title, height, series: [{name, unit, digits, text(value)?, right, dash, sparse}], left, right: axis labels,
   *   range: [x0, x1]?,
   *   log: left axis?, onSeek(x)?}; what is sparse has dots, and lines over its gaps
   */
  constructor(host, options) {
    this.options = options;
    this.host = host;
    this.cursorX = null;
    this.chips = options.series.map((s, i) => this.#chip(s, i));
    this.title = el('h2', { text: options.title });
    this.head = el('div', { class: 'plot-head' }, this.title);
    this.body = el('div');
    const chips = el('ul', { class: options.series.length > 6 ? 'chips many' : 'chips' }, ...this.chips.map(c => el('li', {}, c.button)));
    host.replaceChildren(this.head, chips, this.body);
    this.#make();
    this.resize = new ResizeObserver(() => this.#fit());
    this.resize.observe(this.body);
    plots.add(this);
  }

  /** data: [x, y of the first series, …]; values: what the chips show, the last row where not given. */
  set(data, values) {
    this.data = data;
    this.uplot.setData(data);
    this.setValues(values ?? data.slice(1).map(column => column[column.length - 1]));
  }

  setValues(values) {
    values.forEach((value, i) => {
      const { text, digits } = this.options.series[i];
      setText(this.chips[i].value, text ? text(value) : fixed(value, digits ?? 2));
    });
  }

  setCursor(x) {
    this.cursorX = x;
    this.uplot.redraw(false, false);
  }

  redraw() {
    this.uplot.redraw(false, true);
  }

  destroy() {
    plots.delete(this);
    this.resize.disconnect();
    this.uplot.destroy();
  }

  #chip(series, i) {
    const swatch = el('i');
    swatch.style.background = palette[i % palette.length];
    const value = el('b', { text: '–' });
    const title = `Show or hide ${series.name}${series.unit ? `, ${series.unit}` : ''}`;
    const button = el('button', { type: 'button', 'aria-pressed': 'true', title }, swatch, el('span', { text: series.name }), value);
    button.addEventListener('click', () => {
      const on = button.getAttribute('aria-pressed') !== 'true';
      button.setAttribute('aria-pressed', on);
      this.uplot.setSeries(i + 1, { show: on });
    });
    return { button, value };
  }

  #make() {
    const { options } = this;
    const axis = (extra = {}) => ({
      stroke: () => css('--muted'), font: '11px system-ui, sans-serif', ticks: { stroke: () => css('--grid'), width: 1, size: 4 },
      grid: { stroke: () => css('--grid'), width: 1 }, ...extra,
    });
    const label = { labelFont: '11px system-ui, sans-serif', labelSize: 14, labelGap: 0, size: 46, gap: 3 };
    const axes = [axis({ size: 24, gap: 3 }), axis({ ...label, label: options.left, scale: 'y' })];
    if (options.right) axes.push(axis({ ...label, label: options.right, scale: 'right', side: 1, grid: { show: false } }));
    this.uplot = new uPlot({
      width: Math.max(200, this.body.clientWidth), height: options.height ?? 190, padding: [8, options.right ? 2 : 10, 0, 0],
      legend: { show: false }, cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: {
        x: { time: false, ...(options.range ? { range: () => options.range } : {}) }, y: options.log ? { distr: 3 } : {},
      },
      axes,
      series: [{}, ...options.series.map((s, i) => ({
        label: s.name, stroke: palette[i % palette.length], width: 1.5, scale: s.right ? 'right' : 'y', dash: s.dash,
        points: { show: Boolean(s.sparse), size: 4 }, spanGaps: Boolean(s.sparse),
      }))],
      hooks: { draw: [u => this.#drawCursor(u)], ready: [u => this.#listen(u)] },
    }, options.series.reduce(data => [...data, []], [[]]), this.body);
  }

  #drawCursor(u) {
    if (this.cursorX == null) return;
    const x = Math.round(u.valToPos(this.cursorX, 'x', true)) + .5;
    u.ctx.save();
    u.ctx.strokeStyle = css('--text');
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.beginPath();
    u.ctx.moveTo(x, u.bbox.top);
    u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
    u.ctx.stroke();
    u.ctx.restore();
  }

  #listen(u) {
    if (!this.options.onSeek) return;
    const seek = event => {
      const box = u.over.getBoundingClientRect();
      this.options.onSeek(u.posToVal(event.clientX - box.left, 'x'));
    };
    u.over.style.cursor = 'ew-resize';
    u.over.addEventListener('pointerdown', event => { u.over.setPointerCapture(event.pointerId); seek(event); });
    u.over.addEventListener('pointermove', event => { if (event.buttons & 1) seek(event); });
  }

  #fit() {
    const width = this.body.clientWidth;
    if (width > 0 && width !== this.uplot.width) this.uplot.setSize({ width, height: this.options.height ?? 190 });
  }
}
