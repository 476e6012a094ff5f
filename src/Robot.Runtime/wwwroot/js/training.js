// The list of training runs, and one of them: how far it is, what it learns, how well it imagines.
import { $, duration, el, fixed, localTime, setCurrent, setText, show, showError } from './dom.js';
import { get } from './api.js';
import { Plot } from './plot.js';

const refreshMs = 2000;
let timer, shown, detail, runs = [], lastList = '', asking = false;

/** id, where given, is shown in full. */
export function showTraining(on, id) {
  shown = on ? id ?? '' : undefined;
  show($('training'), on);
  clearInterval(timer);
  if (detail && detail.id !== shown) {
    detail.close();
    detail = undefined;
  }
  $('training').classList.toggle('playing', on && Boolean(id));
  show($('run'), on && Boolean(id));
  if (!on) return;
  if (id && !detail) detail = new Detail($('run'), id);
  timer = setInterval(refresh, refreshMs);
  mark();
  refresh();
}

/** One question at a time: a desk that is slow is not asked once more before it has answered. */
async function refresh() {
  if (asking || document.hidden) return;
  asking = true;
  try {
    list(await get('/api/runs'));
    await detail?.update(runs.find(r => r.id === detail.id));
  } catch (e) {
    showError(e.message);
  }
  asking = false;
}

function list(answer) {
  runs = answer.runs;
  const text = JSON.stringify(answer);
  if (text === lastList) return;
  lastList = text;
  show($('no-runs'), runs.length === 0);
  setText($('runs-root'), answer.root);
  setText($('run-count'), runs.length ? `${runs.length}` : '');
  $('run-rows').replaceChildren(...runs.map(row));
  mark();
}

function row(run) {
  const address = `#/training/${encodeURIComponent(run.id)}`;
  return el('tr', { 'data-id': run.id, onclick: () => { location.hash = address; } },
    el('td', {}, el('a', { href: address, text: run.id })), el('td', { text: run.model }),
    el('td', {}, state(run)), el('td', { class: 'num', text: run.readable ? `${run.step} / ${run.steps}` : '' }),
    el('td', { class: 'num', text: run.seconds_left == null ? '' : duration(run.seconds_left) }),
    el('td', { class: 'num', text: short(run.loss) }), el('td', { class: 'num', text: short(run.validation_loss) }),
    el('td', { text: run.updated ? localTime(run.updated) : '' }));
}

const state = run => el('span', { class: 'run-state', 'data-state': run.state, title: run.message, text: run.state });

/** Three or four digits that count. */
function short(value) {
  if (value == null) return '–';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(2).replace('-', '−');
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4);
}

function mark() {
  for (const tr of $('run-rows').children) setCurrent(tr, tr.dataset.id === shown);
}

// What belongs into one plot; what is in none of them is a part of the loss.
const groups = [
  { title: 'Loss', names: ['loss', 'validation_loss'], log: true },
  { title: 'Parts of the loss', log: true },
  { title: 'Kullback-Leibler divergence, nats', names: ['kl'] },
  { title: 'Imagined by the policy', names: ['imagined_return', 'imagined_reward'], right: ['imagined_reward'] },
  { title: 'Policy and value', names: ['actor', 'critic', 'entropy', 'policy'], right: ['critic'] },
  { title: 'Optimizer', names: ['gradient_norm', 'actor_norm', 'learning_rate'], right: ['learning_rate'] },
];
const named = new Set(groups.flatMap(g => g.names ?? []));

class Detail {
  constructor(host, id) {
    this.id = id;
    this.plots = new Map();
    this.progress = el('progress', { max: '1', 'aria-label': 'Steps done' });
    this.state = el('span', { class: 'run-state' });
    this.facts = el('div', { class: 'facts' });
    this.message = el('p', { class: 'warn-line' });
    this.report = el('a', { href: `/api/runs/report?run=${encodeURIComponent(id)}`, target: '_blank', text: 'Report of the evaluation' });
    this.evaluate = el('p', { class: 'muted' }, 'How well it imagines is shown here after ',
      el('code', { text: `./robot evaluate ${id} --data ROOT` }), ', with the path of the run.');
    this.curves = el('div', { class: 'plots' });
    this.errors = el('div', { class: 'plots' });
    host.replaceChildren(
      el('section', { class: 'panel', 'aria-label': 'Run' },
        el('div', { class: 'player-head' }, el('h1', { text: id }), this.state, el('span', { class: 'grow' }), this.report),
        this.progress, this.facts, this.message),
      this.curves, el('h2', { text: 'Open-loop error' }), this.evaluate, this.errors);
    show(this.report, false);
  }

  close() {
    this.plots.forEach(p => p.plot.destroy());
    this.closed = true;
  }

  async update(run) {
    if (!run) {
      setText(this.message, 'This run is not there any more.');
      return;
    }
    this.#tell(run);
    if (run.updated + run.step !== this.last) {
      const series = await get(`/api/runs/metrics?run=${encodeURIComponent(this.id)}`);
      if (this.closed) return;
      this.last = run.updated + run.step;
      this.#draw(series);
    }
    if (run.evaluated && !this.evaluated) {
      const evaluation = await get(`/api/runs/evaluation?run=${encodeURIComponent(this.id)}`);
      if (this.closed) return;
      this.evaluated = true;
      this.#drawErrors(evaluation);
    }
  }

  #tell(run) {
    setText(this.state, run.state);
    this.state.dataset.state = run.state;
    this.progress.value = run.steps ? run.step / run.steps : 0;
    setText(this.message, run.message);
    show(this.message, Boolean(run.message));
    show(this.report, run.evaluated);
    show(this.evaluate, !run.evaluated);
    const facts = [`${run.model}, ${run.kind}`, `step ${run.step} of ${run.steps}`];
    if (run.steps_per_second) facts.push(`${fixed(run.steps_per_second, 1)} steps/s`);
    if (run.seconds_left != null) facts.push(`${duration(run.seconds_left)} left`);
    facts.push(`loss ${short(run.loss)}`, `validation ${short(run.validation_loss)}`);
    while (this.facts.children.length < facts.length) this.facts.append(el('span'));
    facts.forEach((fact, i) => setText(this.facts.children[i], fact));
    for (let i = facts.length; i < this.facts.children.length; i++) setText(this.facts.children[i], '');
  }

  #draw(series) {
    for (const group of groups) {
      const names = Object.keys(series.values).filter(n => group.names ? group.names.includes(n) : !named.has(n));
      if (names.length === 0) continue;
      const columns = names.map(n => series.values[n]);
      const plot = this.#plot(this.curves, group.title, names.map((name, i) => ({
        name, text: short, right: group.right?.includes(name), sparse: columns[i].some(v => v == null),
      })), {
        left: '', right: names.some(n => group.right?.includes(n)) ? ' ' : undefined,
        log: group.log && columns.every(c => c.every(v => v == null || v > 0)),
      });
      plot.set([series.step, ...columns], columns.map(c => c.findLast(v => v != null)));
    }
  }

  #drawErrors(evaluation) {
    const one = (title, unit, rows) => {
      if (!rows?.length) return;
      this.#plot(this.errors, title, ['model', 'repeat last', 'constant velocity'].map(name => ({ name, text: short })), {
        left: `RMSE, ${unit}`,
      }).set([rows.map(r => r.step), rows.map(r => r.model.rmse), rows.map(r => r.repeat_last.rmse),
        rows.map(r => r.constant_velocity.rmse)]);
    };
    for (const m of evaluation.modalities) one(m.name.split(':')[0], 'normalised', m.normalised);
    one('reward', 'as it is', evaluation.reward?.rows);
  }

  /** Made anew where its lines have changed: a validation comes late. */
  #plot(host, title, series, options) {
    const key = JSON.stringify([series.map(s => [s.name, s.sparse]), options.log]);
    const id = `${host === this.errors} ${title}`;
    let known = this.plots.get(id);
    if (known?.key === key) return known.plot;
    const section = known?.section ?? el('section', { class: 'panel plot', 'aria-label': title });
    if (known) known.plot.destroy();
    else host.append(section);
    known = { key, section, plot: new Plot(section, { title, series, ...options }) };
    this.plots.set(id, known);
    return known.plot;
  }
}
