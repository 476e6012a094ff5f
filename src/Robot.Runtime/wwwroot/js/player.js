// One recorded episode: pictures, depth in colours, plots with a cursor, all at the same frame.
import { ask, el, fixed, localTime, setText, show, typing } from './dom.js';
import { command, get } from './api.js';
import { PicturePanel } from './pictures.js';
import { Plot } from './plot.js';

const icons = {
  play: 'M4 2.5v11l9-5.5z', pause: 'M4 2.5h3v11H4zM9 2.5h3v11H9z', back: 'M12 2.5v11L5 8zM3 2.5h2v11H3z', next: 'M4 2.5v11L11 8zM11 2.5h2v11h-2z',
};

function iconButton(name, label, onclick) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('width', '16');
  svg.setAttribute('aria-hidden', 'true');
  path.setAttribute('d', icons[name]);
  path.setAttribute('fill', 'currentColor');
  svg.append(path);
  const button = el('button', { type: 'button', class: 'icon', 'aria-label': label, onclick }, svg);
  button.setIcon = (icon, newLabel) => { path.setAttribute('d', icons[icon]); button.setAttribute('aria-label', newLabel); };
  return button;
}

export class Player {
  frame = 0;
  #panels = [];
  #plots = [];
  #playing = false;
  #closed = false;

  constructor(host, id, frame, onMarked) {
    [this.host, this.id, this.onMarked] = [host, id, onMarked];
    host.replaceChildren(el('p', { class: 'panel loading', text: `Reading ${id} …` }));
    this.keys = event => this.#key(event);
    document.addEventListener('keydown', this.keys);
    this.#open(frame ?? 0);
  }

  close() {
    this.#closed = true;
    this.#pause();
    document.removeEventListener('keydown', this.keys);
    this.#panels.forEach(p => p.close());
    this.#plots.forEach(({ plot }) => plot.destroy());
    this.host.replaceChildren();
  }

  /** Goes to frame k, or the nearest there is. */
  seek(k) {
    if (!this.frames) return;
    this.frame = Math.max(0, Math.min(this.frames - 1, Math.round(k) || 0));
    this.slider.value = this.frame;
    this.slider.setAttribute('aria-valuetext', `frame ${this.frame} of ${this.frames}`);
    setText(this.output, `frame ${this.frame} of ${this.frames} · ${fixed(this.slots[this.frame], 2)} s`);
    this.#panels.forEach(p => p.want(this.frame, this.frames, this.#playing));
    this.#plots.forEach(({ plot, values }) => {
      plot.setCursor(this.slots[this.frame]);
      plot.setValues(values(this.frame));
    });
    clearTimeout(this.linkTimer);
    this.linkTimer = setTimeout(() => {
      if (!this.#closed && !this.#playing) history.replaceState(null, '', `#/episodes/${this.id}${this.frame ? `/${this.frame}` : ''}`);
    }, 300);
  }

  /** The cell's status decides whether it can be replayed. */
  update(status) {
    if (!this.replayButton) return;
    const why = !status ? 'core is away' : !status.motion.enabled ? status.motion.reason || 'motion is off' : status.mode !== 'idle' ? `the cell is ${status.mode}` : '';
    this.replayButton.disabled = why !== '';
    this.replayButton.title = why ? `Not now: ${why}` : 'Plays the recorded actions on the arm';
  }

  async #open(frame) {
    let metadata, series;
    try {
      [metadata, series] = await Promise.all([get(`/api/episodes/${this.id}`), get(`/api/episodes/${this.id}/series`)]);
    } catch (e) {
      if (!this.#closed) this.host.replaceChildren(el('p', { class: 'panel loading', role: 'alert', text: `${this.id} cannot be shown: ${e.message}` }));
      return;
    }
    if (this.#closed) return;
    this.frames = series.frames;
    this.rate = series.rate_hz;
    this.tables = series.tables;
    this.slots = series.tables.frames?.slot ?? Array.from({ length: this.frames }, (_, k) => k / this.rate);
    this.pictures = el('div', { class: 'pictures', 'aria-label': 'Recorded pictures' });
    this.plotsHost = el('div', { class: 'plots' });
    this.host.replaceChildren(this.#head(metadata), this.pictures, this.plotsHost, this.#transport());
    this.#addPictures(series.cameras);
    this.#addPlots();
    this.#drawQuality();
    this.seek(frame);
  }

  #head(metadata) {
    const outcome = el('select', { id: 'mark-outcome' }, ...['success', 'failure', 'unknown'].map(o => el('option', { value: o, text: o, selected: o === metadata.outcome })));
    const note = el('input', { value: metadata.note ?? '', maxlength: 500, placeholder: 'what a later reader should know' });
    const save = el('button', { type: 'button', text: 'Save mark', onclick: async () => {
      if (!await command(`/api/episodes/${this.id}/mark`, { outcome: outcome.value, note: note.value })) return;
      setText(save, 'Saved');
      setTimeout(() => setText(save, 'Save mark'), 1500);
      this.onMarked();
    } });
    this.replayButton = el('button', { type: 'button', text: 'Replay on the arm', disabled: true, onclick: () => this.#replay() });
    const quality = typeof metadata.quality === 'object' ? metadata.quality?.verdict : metadata.quality;
    const robot = typeof metadata.robot === 'object' ? metadata.robot?.model : metadata.robot;
    const facts = [
      `${this.frames} frames at ${this.rate} Hz`, `${fixed(this.frames / this.rate, 1)} s`, metadata.start && localTime(metadata.start), robot,
      `quality: ${quality ?? 'not judged'}`, metadata.recovered === true && 'recovered after a crash',
    ].filter(Boolean);
    return el('section', { class: 'panel' },
      el('div', { class: 'player-head' }, el('a', { href: '#/episodes', text: '‹ All episodes' }), el('h1', { text: this.id }), el('span', { text: metadata.task ?? '' }),
        el('span', { class: 'grow' }), this.replayButton),
      el('div', { class: 'facts' }, ...facts.map(f => el('span', { text: f }))),
      el('div', { class: 'mark' }, el('label', { text: 'Outcome' }, outcome), el('label', { class: 'note', text: 'Note' }, note), save));
  }

  #transport() {
    this.playButton = iconButton('play', 'Play', () => this.#toggle());
    this.slider = el('input', {
      type: 'range', min: 0, max: this.frames - 1, step: 1, value: 0, 'aria-label': 'Frame', oninput: () => { this.#pause(); this.seek(Number(this.slider.value)); },
    });
    this.quality = el('canvas', { height: 6, role: 'img' });
    this.output = el('output', { 'aria-label': 'Shown frame' });
    this.speed = el('select', { 'aria-label': 'Speed' }, ...[0.25, 0.5, 1, 2].map(s => el('option', { value: s, text: `${s}×`, selected: s === 1 })));
    return el('section', { class: 'panel transport', 'aria-label': 'Playback' },
      el('div', { class: 'buttons' }, iconButton('back', 'One frame back', () => this.#step(-1)), this.playButton, iconButton('next', 'One frame on', () => this.#step(1)), this.speed),
      el('div', { class: 'track' }, this.slider, this.quality), this.output);
  }

  #addPictures(cameras) {
    const base = camera => `/api/episodes/${this.id}/${camera.name}`;
    for (const camera of cameras) {
      if (camera.color) this.#panels.push(new PicturePanel(camera.name, 'colour', k => `${base(camera)}/rgb/${k}.png`));
      if (camera.depth) {
        const scale = el('span', { class: 'depth-scale' }, el('span', { text: `${fixed(camera.depth.near_m, 2)} m` }), el('i'), el('span', { text: `${fixed(camera.depth.far_m, 2)} m` }));
        this.#panels.push(new PicturePanel(camera.name, 'depth', k => `${base(camera)}/depth/${k}.png`, scale));
      }
    }
    this.pictures.replaceChildren(...this.#panels.map(p => p.figure));
    this.pictures.dataset.count = this.#panels.length;
    show(this.pictures, this.#panels.length > 0);
  }

  #addPlots() {
    const { joints, force, gripper, actions, frames, rewards, ...others } = this.tables;
    if (joints)
      this.#plotOf('Joints', joints, {
        'position, rad': ['q', 3], 'speed, rad/s': ['qd', 3], 'current, A': ['i', 2],
        'TCP position, m': [['tcp_x', 'tcp_y', 'tcp_z'], 4], 'TCP rotation, rad': [['tcp_rx', 'tcp_ry', 'tcp_rz'], 3],
      });
    if (force) this.#plotOf('Force', force, { 'force, N': [['fx', 'fy', 'fz'], 2], 'torque, N·m': [['tx', 'ty', 'tz'], 3] });
    if (actions) this.#plotOf('Actions', actions, { 'as sent': [this.#names(actions), 3] });
    if (gripper) this.#plotOf('Gripper', gripper, { 'position, 0 open … 1 closed': [['position', 'object'], 3], 'width, m': [['width'], 4], 'force, N': [['force'], 1] });
    if (rewards) this.#plotOf('Rewards', rewards, { 'by the task’s rule': [this.#names(rewards), 3] });
    for (const [name, table] of Object.entries(others))
      if (this.#names(table).length) this.#plotOf(name, table, { values: [this.#names(table), 3] });
    if (frames) {
      const ages = Object.keys(frames).filter(n => n.endsWith('_age_us'));
      this.#plotOf('Timing', frames, { 'age, µs': [ages, 0], 'tick lateness, µs': [['lateness_us'], 0] });
    }
  }

  /** Columns of numbers beyond frame, timestamp and slot. */
  #names(table) {
    return Object.keys(table).filter(n => !['frame', 'timestamp', 'slot'].includes(n) && table[n].some(v => typeof v === 'number')).slice(0, 16);
  }

  #plotOf(title, table, choices) {
    const sets = Object.entries(choices)
      .map(([label, [names, digits]]) => ({ label, digits, names: (Array.isArray(names) ? names : [0, 1, 2, 3, 4, 5].map(i => names + i)).filter(n => table[n]) }))
      .filter(s => s.names.length > 0);
    if (sets.length === 0) return;
    const host = el('section', { class: 'panel plot' });
    this.plotsHost.append(host);
    const entry = {};
    const build = set => {
      entry.plot?.destroy();
      entry.plot = new Plot(host, {
        title, height: 160, series: set.names.map(name => ({ name: name.replace(/_age_us$/, ''), digits: set.digits })), onSeek: x => { this.#pause(); this.seek(this.#nearest(x)); },
      });
      if (sets.length > 1)
        entry.plot.head.append(el('select', { 'aria-label': `${title}: what is shown`, onchange: e => build(sets[e.target.selectedIndex]) },
          ...sets.map(s => el('option', { text: s.label, selected: s === set }))));
      else entry.plot.head.append(el('span', { class: 'muted', text: set.label }));
      const columns = set.names.map(n => table[n]);
      entry.values = k => columns.map(c => c[k]);
      entry.plot.set([this.slots.slice(0, columns[0].length), ...columns], entry.values(this.frame));
      entry.plot.setCursor(this.slots[this.frame]);
    };
    build(sets[0]);
    this.#plots.push(entry);
  }

  /** A line under the slider: amber where a value is stale or repeated or the tick was skipped, red where one is missing. */
  #drawQuality() {
    const frames = this.tables.frames ?? {};
    const columns = Object.keys(frames).filter(n => n.endsWith('_status')).map(n => frames[n]);
    const worst = Array.from({ length: this.frames }, (_, k) => Math.max(0, ...columns.map(c => ({ missing: 2, stale: 1, skipped: 1 })[c[k]] ?? 0)));
    const css = name => getComputedStyle(document.documentElement).getPropertyValue(name);
    this.quality.width = 1000;
    const context = this.quality.getContext('2d');
    context.fillStyle = css('--good-soft');
    context.fillRect(0, 0, 1000, 6);
    worst.forEach((w, k) => {
      if (w === 0) return;
      context.fillStyle = css(w === 2 ? '--bad' : '--warn');
      context.fillRect(k / this.frames * 1000, 0, Math.max(2, 1000 / this.frames), 6);
    });
    const bad = worst.filter(w => w > 0).length;
    this.quality.setAttribute('aria-label', bad ? `${bad} of ${this.frames} frames have stale or missing values` : 'every frame is complete and fresh');
    this.quality.title = this.quality.getAttribute('aria-label');
  }

  #nearest(x) {
    let best = 0;
    this.slots.forEach((s, k) => { if (Math.abs(s - x) < Math.abs(this.slots[best] - x)) best = k; });
    return best;
  }

  #step(by) {
    this.#pause();
    this.seek(this.frame + by);
  }

  #toggle() {
    if (this.#playing) {
      this.#pause();
      this.seek(this.frame);
      return;
    }
    this.#playing = true;
    this.playButton.setIcon('pause', 'Pause');
    if (this.frame >= this.frames - 1) this.seek(0);
    // By the clock, not by counting pictures: what comes late is skipped.
    let [at, last] = [this.slots[this.frame], performance.now()];
    const tick = now => {
      if (!this.#playing) return;
      at += (now - last) / 1000 * Number(this.speed.value);
      last = now;
      let k = this.frame;
      while (k < this.frames - 1 && this.slots[k + 1] <= at) k++;
      if (k !== this.frame) this.seek(k);
      if (k >= this.frames - 1) {
        this.#pause();
        this.seek(k);
      } else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  #pause() {
    this.#playing = false;
    this.playButton?.setIcon('play', 'Play');
  }

  #key(event) {
    if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !this.frames) return;
    if (event.key === ' ') {
      if (event.target.closest?.('button, a, summary')) return;
      this.#toggle();
    } else {
      const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: -30, PageDown: 30, Home: -Infinity, End: Infinity }[event.key];
      if (by == null) return;
      this.#pause();
      this.seek(by === Infinity ? this.frames - 1 : by === -Infinity ? 0 : this.frame + by * (event.shiftKey ? 10 : 1));
    }
    event.preventDefault();
  }

  async #replay() {
    const speed = el('input', { type: 'number', min: 0.1, max: 1, step: 0.1, value: 1 });
    const yes = await ask({
      title: `Replay ${this.id} on the arm?`, confirm: 'Move the arm',
      text: `The arm eases to the first recorded pose, then plays ${fixed(this.slots[this.frames - 1], 1)} s of recorded actions. Keep the space around it clear.`,
      fields: [el('label', { text: 'Speed' }, speed)],
    });
    if (yes && await command('/api/replay', { episode: this.id, speed: Number(speed.value) })) location.hash = '#/live';
  }
}
