// Small helpers: elements, texts, the one line for errors, the one dialog for questions.

export const $ = id => document.getElementById(id);

/** el('td', {class: 'num', text: '3'}, child, …) */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'text') node.textContent = value;
    else if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter(c => c != null));
  return node;
}

/** Writes only what has changed: ten times a second, nothing should flicker or lose its selection. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

export function setCurrent(node, current) {
  if (current) node.setAttribute('aria-current', 'page');
  else node.removeAttribute('aria-current');
}

/** Rows of a definition list, made once and then only updated. */
export function setNumbers(list, rows) {
  if (list.children.length !== rows.length * 2)
    list.replaceChildren(...rows.flatMap(() => [el('dt'), el('dd')]));
  rows.forEach(([name, value], i) => {
    setText(list.children[2 * i], name);
    setText(list.children[2 * i + 1], value);
  });
}

export const fixed = (value, digits) => value == null || !Number.isFinite(value) ? '–' : value.toFixed(digits).replace('-', '−');

export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  for (; count >= 1000 && unit < units.length - 1; unit++) count /= 1000;
  return `${count.toFixed(count < 10 && unit > 0 ? 1 : 0)} ${units[unit]}`;
}

export function duration(seconds) {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toFixed(seconds < 36000 ? 1 : 0)} h`;
}

export function clockTime(seconds) {
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(1).padStart(4, '0')}`;
}

export function localTime(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : date.toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'medium' });
}

let errorTimer;

/** One clear line, until it is dismissed, or 15 s have passed. */
export function showError(message) {
  $('error').firstElementChild.textContent = message;
  $('error').hidden = false;
  clearTimeout(errorTimer);
  errorTimer = setTimeout(hideError, 15000);
}

export function hideError() {
  $('error').hidden = true;
}

/** Asks; resolves to true when confirmed. */
export function ask({ title, text, confirm, fields = [] }) {
  const dialog = $('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-fields').replaceChildren(...fields);
  $('ask-yes').textContent = confirm;
  dialog.showModal();
  return new Promise(resolve => {
    $('ask-yes').onclick = () => { dialog.onclose = null; dialog.close(); resolve(true); };
    $('ask-no').onclick = () => dialog.close();
    dialog.onclose = () => resolve(false);
  });
}

/** True where keys belong to what has the focus. */
export function typing(event) {
  return event.target.closest?.('input:not([type=range]), select, textarea, dialog') != null;
}
