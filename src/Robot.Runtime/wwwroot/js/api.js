// Requests to the desk. Every error has one line for a person.
import { showError } from './dom.js';

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Error('the desk does not answer: is ./robot run still running?');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error ?? `the desk answered ${response.status}`);
  return body;
}

export const get = path => answer(fetch(path));

export const post = (path, body = {}) => answer(fetch(path, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body),
}));

/** Posts, and shows what went wrong. True when it was done. */
export async function command(path, body) {
  try {
    await post(path, body);
    return true;
  } catch (e) {
    showError(e.message);
    return false;
  }
}
