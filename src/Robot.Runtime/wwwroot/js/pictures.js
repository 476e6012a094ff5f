// Recorded pictures of one camera, colour or depth: the newest wish wins, what lies ahead is fetched while playing.
import { el, setText, show } from './dom.js';

const kept = 90;      // decoded pictures a panel
const atOnce = 2;     // requests on their way a panel
const ahead = 8;

// All panels together: a browser opens six connections to a host, the list and a jog step take one each, and a stop must find one free.
let free = 3;
const waiting = [];

async function withConnection(work) {
  if (free === 0) await new Promise(resolve => waiting.push(resolve));
  else free--;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next(); else free++;
  }
}

export class PicturePanel {
  #pictures = new Map();
  #loading = new Set();
  #wanted = -1;

  constructor(name, kind, url, note) {
    this.url = url;
    this.canvas = el('canvas', { width: 320, height: 240, role: 'img', 'aria-label': `${name} ${kind}` });
    this.context = this.canvas.getContext('2d');
    this.none = el('div', { class: 'none', text: 'no picture', hidden: true });
    this.figure = el('figure', { class: 'camera' }, this.canvas, this.none,
      el('figcaption', {}, el('b', { text: name }), note ?? el('span', { text: kind })));
  }

  /** Shows frame k as soon as it can; with playing, fetches the next ones too. */
  want(k, frames, playing) {
    [this.#wanted, this.frames, this.playing] = [k, frames, playing];
    this.#draw();
    this.#load();
  }

  close() {
    this.#wanted = -1;
    this.frames = 0;
    this.#pictures.forEach(p => p?.close());
    this.#pictures.clear();
  }

  #draw() {
    const k = this.#wanted;
    if (!this.#pictures.has(k)) return;
    const picture = this.#pictures.get(k);
    show(this.none, picture == null);
    if (picture) {
      if (this.canvas.width !== picture.width || this.canvas.height !== picture.height)
        [this.canvas.width, this.canvas.height] = [picture.width, picture.height];
      this.context.drawImage(picture, 0, 0);
    }
    this.canvas.dataset.frame = k;
  }

  #next() {
    const end = this.playing ? Math.min(this.frames - 1, this.#wanted + ahead) : this.#wanted;
    for (let k = this.#wanted; k >= 0 && k <= end; k++)
      if (!this.#pictures.has(k) && !this.#loading.has(k)) return k;
    return -1;
  }

  async #load() {
    const k = this.#loading.size < atOnce ? this.#next() : -1;
    if (k < 0) return;
    this.#loading.add(k);
    this.#load(); // a second one beside it
    let picture = null;
    try {
      await withConnection(async () => {
        const response = await fetch(this.url(k));
        if (response.ok) picture = await createImageBitmap(await response.blob());
        else setText(this.none, response.status === 404 ? 'no picture in this frame' : (await response.json()).error);
      });
    } catch {
      setText(this.none, 'this picture cannot be shown');
    }
    this.#loading.delete(k);
    if (this.#wanted < 0) {
      picture?.close();
      return;
    }
    this.#pictures.set(k, picture);
    if (this.#pictures.size > kept) this.#forget();
    this.#draw();
    this.#load();
  }

  #forget() {
    for (const [k, picture] of this.#pictures)
      if (k !== this.#wanted) {
        picture?.close();
        this.#pictures.delete(k);
        return;
      }
  }
}
