// Live pictures, one tile a camera, and beside them what a model imagines while it controls the arm.
import { el, fixed, setText, show } from './dom.js';
import { followPictures } from './link.js';

/** Keeps the tiles in step with the cameras that the status names, and with the model that controls. */
export class Cameras {
  #tiles = new Map();

  constructor(host) {
    this.host = host;
  }

  update(streams, mpc) {
    const live = streams.filter(s => s.name.endsWith('_rgb')).map(s => ({ key: s.name.slice(0, -4), stream: s }));
    const controls = mpc && (mpc.state === 'easing' || mpc.state === 'controlling');
    const imagined = controls ? ['arm', ...mpc.pictures].map(view => ({ key: `imagined ${view}`, view })) : [];
    const wanted = [...live, ...imagined];
    for (const [key, tile] of this.#tiles)
      if (!wanted.some(w => w.key === key)) {
        tile.remove();
        this.#tiles.delete(key);
      }
    for (const { key, stream, view } of wanted) {
      if (!this.#tiles.has(key))
        this.#tiles.set(key, view ? new ImaginedTile(this.host, view) : new CameraTile(this.host, key));
      this.#tiles.get(key).update(stream);
    }
  }

  close() {
    this.#tiles.forEach(tile => tile.remove());
    this.#tiles.clear();
  }
}

class Tile {
  constructor(host, kind, name, label, title) {
    this.canvas = el('canvas', { width: 320, height: 240, role: 'img', 'aria-label': label });
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.line = el('span');
    this.none = el('div', { class: 'none', text: 'no picture yet' });
    this.figure = el('figure', { class: `camera ${kind}` }, this.canvas, this.none,
      el('figcaption', {}, el('b', { text: title }), this.line));
    host.append(this.figure);
    this.lastDrawn = -Infinity;
    this.close = followPictures(kind, name, picture => this.draw(picture), why => { this.refused = why; });
  }

  /** Says why there is no picture, where none came for two seconds. */
  covered(why) {
    const fresh = performance.now() - this.lastDrawn < 2000 || document.hidden;
    show(this.none, !fresh);
    if (!fresh) setText(this.none, why);
  }

  remove() {
    this.close();
    this.figure.remove();
  }

  draw({ width, height, rgb, sequence }) {
    if (this.canvas.width !== width || this.canvas.height !== height || !this.image) {
      [this.canvas.width, this.canvas.height] = [width, height];
      this.image = this.context.createImageData(width, height);
      this.pixels = new Uint32Array(this.image.data.buffer);
    }
    const { pixels } = this;
    for (let i = 0, at = 0; i < pixels.length; i++, at += 3)
      pixels[i] = 0xff000000 | rgb[at + 2] << 16 | rgb[at + 1] << 8 | rgb[at];
    this.context.putImageData(this.image, 0, 0);
    this.canvas.dataset.sequence = sequence;
    this.lastDrawn = performance.now();
  }
}

class CameraTile extends Tile {
  constructor(host, name) {
    super(host, 'preview', name, `Live picture of ${name}`, name);
  }

  update(stream) {
    this.covered(stream.connected ? 'no picture yet' : stream.message || 'not connected');
    setText(this.line, stream.connected ? `${fixed(stream.measured_hz, 1)} Hz · ${fixed(stream.age_ms, 0)} ms` : '');
  }
}

class ImaginedTile extends Tile {
  constructor(host, view) {
    super(host, 'imagined', view, view === 'arm' ? 'Imagined motion of the arm' : `Imagined picture of ${view}`,
      view === 'arm' ? 'imagined' : `imagined ${view.replaceAll('_', ' ')}`);
  }

  update() {
    this.covered(this.refused ?? 'no plan at the moment');
  }

  draw(picture) {
    super.draw(picture);
    this.refused = undefined;
    setText(this.line, `${fixed(picture.timeNs / 1e9, 2)} s ahead`);
  }
}
