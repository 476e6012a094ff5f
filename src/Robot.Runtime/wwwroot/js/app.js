// The page: which view is shown, the bar above, and the one thing that always works: stop.
import { $, hideError, setCurrent, setText, show } from './dom.js';
import { command } from './api.js';
import { followStatus } from './link.js';
import { showLive, updateLive, wireControls } from './live.js';
import { showEpisodes, updateEpisodes } from './episodes.js';
import { showTraining } from './training.js';

/** A part of the address; one with a % that escapes nothing is taken as it is. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function route() {
  const [view, id, frame] = location.hash.replace(/^#\//, '').split('/').map(decoded);
  const episodes = view === 'episodes', training = view === 'training';
  showLive(!episodes && !training);
  showEpisodes(episodes, id, frame == null ? undefined : Number(frame));
  showTraining(training, id);
  setCurrent($('nav-live'), !episodes && !training);
  setCurrent($('nav-episodes'), episodes);
  setCurrent($('nav-training'), training);
  hideError();
}

function updateBar({ core, status }) {
  show($('away'), !core.connected);
  setText($('away'), core.connected ? '' : core.message);
  $('mode').dataset.mode = status?.mode ?? 'away';
  setText($('mode'), status?.mode ?? 'core is away');
  setText($('mode-line'), status?.message ?? '');
  if (status) {
    setText($('cell'), status.cell);
    document.title = `${status.mode === 'recording' ? '● ' : ''}${status.cell} · ${status.mode}`;
  } else document.title = 'Robot cell · away';
}

// Whatever else is open or has the focus: a stop comes first.
const stop = () => command('/api/stop');
$('stop-arm').addEventListener('click', stop);
$('ask-stop').addEventListener('click', () => {
  stop();
  $('ask').close();
});
$('error').lastElementChild.addEventListener('click', hideError);
document.addEventListener('keydown', event => {
  if (event.key === 'Escape' && !event.repeat) stop();
});
addEventListener('hashchange', route);
wireControls();
route();
followStatus(desk => {
  updateBar(desk);
  updateLive(desk);
  updateEpisodes(desk);
});
