// The list of episodes, and which of them is played.
import { $, el, fixed, localTime, setCurrent, setText, show, showError } from './dom.js';
import { get } from './api.js';
import { Player } from './player.js';

const refreshMs = 5000;
let visible = false, player, episodes = [], lastList = '', lastState = '', timer;

/** id, where given, is opened in the player. */
export function showEpisodes(on, id, frame) {
  visible = on;
  show($('episodes'), on);
  clearInterval(timer);
  if (player && (!on || player.id !== id)) {
    player.close();
    player = undefined;
  }
  $('episodes').classList.toggle('playing', on && Boolean(id));
  show($('player'), on && Boolean(id));
  if (!on) return;
  timer = setInterval(refresh, refreshMs);
  refresh();
  if (id && !player) player = new Player($('player'), id, frame, refresh);
  else player?.seek(frame ?? player.frame);
  mark();
}

/** An episode that has just been encoded, or discarded, shows at once. */
export function updateEpisodes({ status }) {
  player?.update(status);
  const state = status ? [status.recording?.id, ...status.encoding.map(e => e.id)].join() : '';
  if (state !== lastState && visible) refresh();
  lastState = state;
}

let asking = false, again = false;

/** One question at a time: a desk that is slow is not asked once more before it has answered. */
async function refresh() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  do {
    again = false;
    await list();
  } while (again);
  asking = false;
}

async function list() {
  try {
    episodes = await get('/api/episodes');
  } catch (e) {
    showError(e.message);
    return;
  }
  const text = JSON.stringify(episodes);
  if (text === lastList) return;
  lastList = text;
  show($('no-episodes'), episodes.length === 0);
  setText($('episode-count'), episodes.length ? `${episodes.length}` : '');
  $('episode-rows').replaceChildren(...episodes.toReversed().map(row));
  mark();
}

function row(e) {
  const link = el('a', { href: `#/episodes/${e.id}`, text: e.id });
  return el('tr', { 'data-id': e.id, onclick: () => { location.hash = `#/episodes/${e.id}`; } },
    el('td', {}, link), el('td', { text: e.task }), el('td', { class: 'num', text: e.readable ? `${e.frames}` : '' }),
    el('td', { class: 'num', text: e.readable ? fixed(e.seconds, 1) : '' }),
    el('td', {}, el('span', { class: 'outcome', 'data-outcome': e.outcome, text: e.outcome, title: e.note })),
    el('td', { class: e.readable ? '' : 'unreadable', text: e.quality }), el('td', { text: localTime(e.start) }));
}

function mark() {
  for (const tr of $('episode-rows').children) setCurrent(tr, tr.dataset.id === player?.id);
}
