// Live pictures, one tile a camera.
import { el, fixed, setText, show } from './dom.js';
import { followPictures } from './link.js';

/** Keeps the tiles in step with the cameras that the status names. */
export class Cameras {
  #tiles = new Map();

  constructor(host) {
    this.host = host;
  }

  /** streams of the status; timeNs the host's clock. */
  update(streams) {
    const names = streams.filter(s => s.name.endsWith('_rgb')).map(s => s.name.slice(0, -4));
    for (const [name, tile] of this.#tiles)
      if (!names.includes(name)) {
        tile.remove();
        this.#tiles.delete(name);
      }
    for (const name of names) {
      if (!this.#tiles.has(name)) this.#tiles.set(name, new Tile(this.host, name));
      this.#tiles.get(name).update(streams.find(s => s.name === `${name}_rgb`));
    }
  }

  close() {
    this.#tiles.forEach(tile => tile.remove());
    this.#tiles.clear();
  }
}

class Tile {
  constructor(host, name) {
    this.canvas = el('canvas', { width: 320, height: 240, role: 'img', 'aria-label': `Live picture of ${name}` });
    this.context = this.canvas.getContext('2d', { alpha: false });
    this.line = el('span');
    this.none = el('div', { class: 'none', text: 'no picture yet' });
    this.figure = el('figure', { class: 'camera' }, this.canvas, this.none, el('figcaption', {}, el('b', { text: name }), this.line));
    host.append(this.figure);
    this.lastDrawn = -Infinity;
    this.close = followPictures(name, picture => this.#draw(picture));
  }

  update(stream) {
    const fresh = performance.now() - this.lastDrawn < 2000 || document.hidden;
    show(this.none, !fresh);
    if (!fresh) setText(this.none, stream.connected ? 'no picture yet' : stream.message || 'not connected');
    setText(this.line, stream.connected ? `${fixed(stream.measured_hz, 1)} Hz · ${fixed(stream.age_ms, 0)} ms` : '');
  }

  remove() {
    this.close();
    this.figure.remove();
  }

  #draw({ width, height, rgb, sequence }) {
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
