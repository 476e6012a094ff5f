// The live view: what the cell does now, and the controls.
import { $, ask, bytes, clockTime, duration, el, fixed, setNumbers, setText, show } from './dom.js';
import { command } from './api.js';
import { Cameras } from './cameras.js';
import { Plot } from './plot.js';

const windowSeconds = 10;
const cameras = new Cameras($('cameras'));
const histories = { joints: [], wrench: [] };
const rows = new Map();
let plots, visible = false, newest;

export function showLive(on) {
  visible = on;
  show($('live'), on);
  if (!on) cameras.close();
  else if (newest) updateLive(newest);
}

export function updateLive(desk) {
  newest = desk;
  const status = desk.status;
  if (status) remember(status);
  if (!visible) return;
  const connected = status?.streams.some(s => s.connected) ?? false;
  show($('nothing'), status != null && !connected);
  setText($('sim-command'), `./robot sim --config ${desk.config}`);
  show($('sim-hint'), status?.simulated === true);
  show($('real-hint'), status?.simulated === false);
  $('live').toggleAttribute('data-away', status == null);
  show($('health'), status != null || rows.size > 0);
  show($('live-plots'), histories.joints.length + histories.wrench.length > 0);
  for (const control of document.querySelectorAll('#record-form button, #motion button'))
    control.disabled = status == null;
  if (!status) return;
  cameras.update(connected ? status.streams : [], status.mpc);
  plot(status.time_ns);
  recording(status);
  replay(status);
  planning(status);
  arm(status);
  streams(status.streams);
  system(status);
}

function remember(status) {
  const keep = (history, values) => {
    if (history.length && status.time_ns <= history[history.length - 1].time) history.length = 0; // core has started again
    if (values) history.push({ time: status.time_ns, values });
    while (history.length && status.time_ns - history[0].time > windowSeconds * 1.05e9) history.shift();
  };
  keep(histories.joints, status.robot?.q);
  keep(histories.wrench, status.wrench);
}

function makePlots() {
  const range = [-windowSeconds, 0];
  return {
    joints: new Plot($('plot-joints'), {
      title: 'Joints, rad', range, series: [0, 1, 2, 3, 4, 5].map(i => ({ name: `q${i}`, unit: 'rad', digits: 3 })),
    }),
    wrench: new Plot($('plot-force'), {
      title: 'Force, N, and torque, N·m', range, left: 'N', right: 'N·m',
      series: ['fx', 'fy', 'fz', 'tx', 'ty', 'tz'].map((name, i) => i < 3
        ? { name, unit: 'N', digits: 1 } : { name, unit: 'N·m', digits: 2, right: true, dash: [4, 3] }),
    }),
  };
}

function plot(now) {
  if ($('live-plots').hidden) return;
  plots ??= makePlots(); // only once there is room to measure
  for (const [name, history] of Object.entries(histories)) {
    const columns = [0, 1, 2, 3, 4, 5].map(i => history.map(h => h.values[i]));
    plots[name].set([history.map(h => (h.time - now) / 1e9), ...columns]);
  }
}

function recording({ recording, encoding }) {
  show($('record-form'), !recording);
  show($('recording'), recording != null);
  if (recording) {
    setText($('rec-id'), recording.id);
    setText($('rec-task'), recording.task);
    setText($('rec-time'), clockTime(recording.seconds));
    setNumbers($('rec-numbers'), [
      ['Frames', `${recording.frames}`], ['Dropped', `${recording.dropped}`], ['Stale', `${recording.stale}`],
      ['Source', recording.source], ['Log', bytes(recording.bytes)],
    ]);
  }
  const list = $('encoding');
  if (list.children.length !== encoding.length)
    list.replaceChildren(...encoding.map(() => el('li', {}, el('span'), el('progress', { max: 1 }))));
  encoding.forEach((e, i) => {
    setText(list.children[i].firstChild, `${e.id}: ${e.message || 'being encoded'}`);
    list.children[i].lastChild.value = e.progress;
    list.children[i].lastChild.setAttribute('aria-label', `${e.id} encoded`);
  });
}

function replay({ replay }) {
  show($('replay-panel'), replay != null);
  if (!replay) return;
  setText($('replay-episode'), replay.episode);
  $('replay-episode').href = `#/episodes/${replay.episode}`;
  setText($('replay-state'), replay.state);
  $('replay-state').dataset.tone = { done: 'good', stopped: 'bad' }[replay.state] ?? 'info';
  $('replay-progress').value = replay.progress;
  setNumbers($('replay-numbers'), [
    ['Path error, rms', `${fixed(replay.rms_rad, 4)} rad`], ['Path error, max', `${fixed(replay.max_rad, 4)} rad`],
  ]);
  setText($('replay-message'), replay.message);
}

// What is beyond its limit is raised, not only a number among numbers.
function planning({ mpc }) {
  show($('mpc-panel'), mpc != null);
  if (!mpc) return;
  const number = (value, digits) => value == null ? '–' : fixed(value, digits);
  const reached = mpc.outcomes.filter(o => o.reached).length;
  setText($('mpc-goal'), `${mpc.task}: goal ${Math.min(mpc.outcomes.length + 1, mpc.goals)} of ${mpc.goals}, ${reached} reached`);
  setText($('mpc-state'), mpc.state);
  const doubted = mpc.one_step_limit != null && mpc.one_step_error > mpc.one_step_limit;
  $('mpc-state').dataset.tone = { done: 'good', stopped: 'bad' }[mpc.state] ?? (doubted ? 'warn' : 'info');
  setNumbers($('mpc-numbers'), [
    ['To the goal', `${fixed(mpc.distance_m * 1000, 1)} mm`],
    ['Plan p50, p99, max', `${[mpc.plan_p50_ms, mpc.plan_p99_ms, mpc.plan_max_ms].map(ms => number(ms, 1)).join(', ')} ms`],
    ['Late, stood still, ticks', `${mpc.late}, ${mpc.held}, ${mpc.ticks}`],
    ['Return expected, received', `${number(mpc.expected_return, 2)}, ${number(mpc.received_return, 2)}`],
    ['Shortened by the filter', `${mpc.clamped}`],
    ...mpc.pictures_missing != null ? [['Pictures that were not there', `${mpc.pictures_missing}`]] : [],
    ['One step off, limit', `${number(mpc.one_step_error, 2)}, ${number(mpc.one_step_limit, 2)}`],
    ...mpc.episodes.length ? [['Recorded as', mpc.episodes[mpc.episodes.length - 1]]] : [],
  ]);
  setText($('mpc-message'), mpc.message);
}

const motionTones = { holding: 'good', moving: 'info', stopping: 'warn', freedrive: 'info', fault: 'bad', off: 'off' };

const armTones = {
  ready: 'good', moving: 'info', powered_off: 'warn', idle: 'warn', connecting: 'warn', disconnected: 'bad',
  protective_stop: 'bad', emergency_stop: 'bad', fault: 'bad',
};

// What leads out of a stop is said, not offered: unlocking and power are a person's at the command line or the pendant.
function armNext({ motion, robot }) {
  const difference = motion.enabled && robot?.tool?.difference;
  return [motion.next, difference && `${difference}: ./robot arm tool --set`].filter(Boolean).join(' · ');
}

function arm({ robot, gripper, motion }) {
  setText($('arm-state'), motion.arm.replaceAll('_', ' '));
  $('arm-state').dataset.tone = armTones[motion.arm] ?? 'off';
  const next = armNext({ motion, robot });
  setText($('arm-next'), next && `Next: ${next}`);
  show($('arm-next'), next !== '');
  setText($('motion-state'), motion.enabled ? motion.state : 'motion is off');
  $('motion-state').dataset.tone = motion.enabled ? motionTones[motion.state] ?? 'off' : 'off';
  setText($('motion-reason'), [motion.reason, motion.owner && `held by ${motion.owner}`].filter(Boolean).join(' · '));
  show($('acknowledge'), motion.needs_acknowledge);
  $('jog-pad').disabled = !motion.enabled || motion.needs_acknowledge;
  setNumbers($('robot-numbers'), [
    ['Robot', robot ? `${robot.model} ${robot.serial}` : '–'],
    ['Mode, safety', robot ? `${robot.mode}, ${robot.safety.replaceAll('_', ' ')}` : '–'],
    ['TCP, mm', robot ? robot.tcp.slice(0, 3).map(v => fixed((v ?? NaN) * 1000, 0)).join(', ') : '–'],
    ['Tool', robot ? toolLine(robot.tool) : '–'],
    ['Speed scaling', robot ? `${fixed((robot.speed_scaling ?? NaN) * 100, 0)} %` : '–'],
    ['Delay, round trip', `${milliseconds(motion.delay_ms)}, ${milliseconds(motion.round_trip_ms)}`],
    ['Gripper', gripper ? gripperLine(gripper) : '–'],
  ]);
}

const milliseconds = ms => ms == null ? '–' : `${fixed(ms, 1)} ms`;

const toolLine = tool => [
  tool?.tcp && `${tool.tcp.slice(0, 3).map(v => fixed(v * 1000, 0)).join(', ')} mm`,
  tool?.payload_kg != null && `${fixed(tool.payload_kg, 2)} kg`,
].filter(Boolean).join('; ') || '–';

const gripperLine = ({ width_m, object, fault }) =>
  `${fixed(width_m * 1000, 0)} mm open${object ? ', holds something' : ''}${fault ? `, fault ${fault}` : ''}`;

function streams(list) {
  const body = $('streams');
  if (rows.size !== list.length || list.some(s => !rows.has(s.name))) {
    rows.clear();
    body.replaceChildren(...list.flatMap(s => {
      const state = el('span', { class: 'state' });
      const row = el('tr', {}, el('th', { scope: 'row', text: s.name.replaceAll('_', ' ') }),
        ...[1, 2, 3, 4].map(() => el('td', { class: 'num' })), el('td', {}, state));
      const message = el('td', { colspan: 6, class: 'message' });
      const messageRow = el('tr', { hidden: true }, message);
      rows.set(s.name, { row, state, message, messageRow });
      return [row, messageRow];
    }));
  }
  for (const s of list) {
    const { row, state, message, messageRow } = rows.get(s.name);
    const age = s.age_ms == null ? '–' : `${fixed(s.age_ms, s.age_ms < 10 ? 1 : 0)} ms`;
    const cells = [`${fixed(s.measured_hz, s.rate_hz < 100 ? 1 : 0)} / ${s.rate_hz}`, age, `${s.lost}`, `${s.overrun}`];
    cells.forEach((text, i) => setText(row.children[i + 1], text));
    row.children[3].classList.toggle('raised', s.lost > 0);
    row.children[4].classList.toggle('raised', s.overrun > 0);
    const [word, tone] = !s.connected ? ['away', 'bad'] : s.fresh ? ['fresh', 'good'] : ['stale', 'warn'];
    setText(state, word);
    state.dataset.tone = tone;
    show(messageRow, !s.connected && s.message !== '');
    setText(message, s.message);
  }
}

function system({ tick, disk, uptime_s, data }) {
  const lateness = [tick.lateness_p50_us, tick.lateness_p99_us, tick.lateness_max_us];
  setNumbers($('system'), [
    ['Lateness p50, p99, max', `${lateness.map(us => fixed(us, 0)).join(', ')} µs`],
    ['Slots, missed', `${tick.slot}, ${tick.missed}`],
    ['Disk free', `${bytes(disk.free_bytes)}, ${duration(disk.seconds_left)} left`],
    ['Data root', data],
    ['Up for', duration(uptime_s)],
  ]);
}

// Controls

// Before a real arm moves for the first time on this page a person says that it may.
let mayMove = false;

async function armMayMove(what) {
  const known = newest?.status?.simulated && newest.status.robot?.serial; // a simulated arm has said that it is one
  if (!mayMove && newest?.status && !known && newest.status.motion.enabled) {
    const { cell, robot } = newest.status;
    mayMove = await ask({
      title: 'Move the real arm?', confirm: 'Move the arm',
      text: `${cell}: the arm${robot ? ` (${robot.model} ${robot.serial})` : ''} will ${what}.`
        + ' Keep the space around it clear, and the emergency stop at hand. This is asked once on this page.',
    });
    return mayMove;
  }
  return true;
}

const moves = { freedrive: 'be led by whoever holds it', jog: 'move in the steps that you press' };

function rememberTask(task) {
  const tasks = [task, ...JSON.parse(localStorage.getItem('tasks') ?? '[]').filter(t => t !== task)].slice(0, 12);
  localStorage.setItem('tasks', JSON.stringify(tasks));
  offerTasks(tasks);
}

function offerTasks(tasks) {
  $('tasks').replaceChildren(...tasks.map(t => el('option', { value: t })));
}

export function wireControls() {
  const tasks = JSON.parse(localStorage.getItem('tasks') ?? '[]');
  offerTasks(tasks);
  $('task').value = tasks[0] ?? '';
  $('source').value = localStorage.getItem('source') ?? 'scripted';
  $('record-form').addEventListener('submit', async event => {
    event.preventDefault();
    const body = { task: $('task').value.trim(), source: $('source').value };
    if ($('seconds').value) body.seconds = Number($('seconds').value);
    if (moves[body.source] && !await armMayMove(moves[body.source])) return;
    if (await command('/api/record/start', body)) {
      rememberTask(body.task);
      localStorage.setItem('source', body.source);
    }
  });
  for (const button of document.querySelectorAll('button[data-outcome]'))
    button.addEventListener('click', () => command('/api/record/stop', { outcome: button.dataset.outcome }));
  $('discard').addEventListener('click', () => command('/api/record/discard'));
  $('discard-last').addEventListener('click', async () => {
    if (await ask({ title: 'Discard the last episode?', text: 'It is moved to the folder trash of the data root.', confirm: 'Discard' }))
      command('/api/record/discard');
  });
  $('acknowledge').addEventListener('click', () => command('/api/acknowledge'));
  $('copy-sim').addEventListener('click', async () => {
    await navigator.clipboard.writeText($('sim-command').textContent);
    setText($('copy-sim'), 'Copied');
    setTimeout(() => setText($('copy-sim'), 'Copy'), 1500);
  });
  for (const axis of ['x', 'rx', 'y', 'ry', 'z', 'rz'])
    $('jog-axes').append(jogAxis(axis, axis.toUpperCase(), [['minus', '−', -1], ['plus', '+', 1]]));
  const gripper = jogAxis('gripper', 'Gripper', [['open', 'Open', -1], ['close', 'Close', 1]]);
  gripper.classList.add('wide');
  $('jog-axes').append(gripper);
}

function jogAxis(axis, name, directions) {
  return el('div', { class: 'jog-axis' }, el('span', { text: name }), ...directions.map(([word, sign, direction]) => el('button', {
    type: 'button', text: sign, 'aria-label': `Jog ${name} ${word}`,
    onclick: () => jog(axis, direction),
  })));
}

// One step is on its way at most, and what is pressed meanwhile is dropped: the arm takes steps no faster than core does, and steps that
// wait would keep a stop from its connection.
let jogging = false;

async function jog(axis, direction) {
  if (jogging) return;
  jogging = true;
  $('jog-pad').ariaBusy = 'true';
  try {
    if (await armMayMove(moves.jog)) await command('/api/jog', { axis, steps: direction * Number($('jog-step').value) });
  } finally {
    jogging = false;
    $('jog-pad').ariaBusy = 'false';
  }
}
