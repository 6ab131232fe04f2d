// Share a thread by link: a button in the header, and a dialog that creates, copies and revokes the link.
import { afterChanges, make } from './page.js';
import { currentThread } from './thread.js';

const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" ' +
  'stroke-linejoin="round"><circle cx="18" cy="5" r="3"/><circle cx="6" cy="12" r="3"/><circle cx="18" cy="19" r="3"/>' +
  '<path d="m8.6 13.5 6.8 4M15.4 6.5l-6.8 4"/></svg>';

const PROBLEM = {
  401: 'You are signed out. Sign in again, then share.',
  403: 'Only the person who asked can share this research.',
  404: 'This research is not stored on the server any more.',
};

const button = make('button', { id: 'rc-share-button', type: 'button', 'aria-label': 'Share this research', title: 'Share this research' });
button.innerHTML = ICON;
button.addEventListener('click', () => open(currentThread()));

afterChanges(place);
window.addEventListener('rc:thread', place);
window.addEventListener('popstate', place);

function place() {
  if (!currentThread()) return button.remove();
  const anchor = document.querySelector('#header #theme-toggle');
  if (anchor && anchor.previousElementSibling !== button) anchor.before(button);
}

let parts;
let thread;
let url = null;

function open(id) {
  parts ??= build();
  thread = id;
  parts.dialog.showModal();
  show(null);
  run('GET', 'Looking whether this research is shared.', (link) => (link ? 'This research is shared.' : ''));
}

function build() {
  const dialog = make('dialog', { id: 'rc-share', 'aria-labelledby': 'rc-share-title', 'aria-describedby': 'rc-share-what' });
  const link = make('input', { id: 'rc-share-link', readonly: '', 'aria-label': 'Link to this research' });
  const status = make('p', { class: 'rc-share-status', role: 'status', 'aria-live': 'polite' });
  const create = pill('Create link', 'primary', () => run('POST', 'Creating the link.', () => 'The link is ready. Copy it and send it.'));
  const copy = pill('Copy link', 'primary', copyLink);
  const revoke = pill('Stop sharing', 'danger', () => run('DELETE', 'Revoking the link.', () => 'Stopped. The old link opens nothing any more.'));
  const close = pill('Close', 'plain', () => dialog.close());
  dialog.append(
    make('h2', { id: 'rc-share-title' }, 'Share this research'),
    make('p', { id: 'rc-share-what' }, 'People with the link can read the whole conversation, without signing in. They can’t change it.'),
    link,
    status,
    make('div', { class: 'rc-share-buttons' }, create, copy, revoke, close),
  );
  dialog.addEventListener('click', (event) => event.target === dialog && dialog.close());
  dialog.addEventListener('close', () => button.focus());
  link.addEventListener('focus', () => link.select());
  document.body.append(dialog);
  return { dialog, link, status, create, copy, revoke };
}

function pill(text, kind, act) {
  const element = make('button', { type: 'button', class: `rc-pill rc-pill-${kind}` }, text);
  element.addEventListener('click', act);
  return element;
}

/** Asks the server, shows what holds afterwards and says `done(url)`, or what went wrong. */
async function run(method, doing, done) {
  const asked = thread;
  enable(false);
  tell(doing);
  try {
    const answer = await request(method, asked);
    if (asked !== thread) return;
    show(answer);
    tell(done(answer));
  } catch (problem) {
    tell(problem.message, true);
  } finally {
    enable(true);
    // The button just pressed may be gone: the next one to press takes its focus.
    if (!parts.dialog.contains(document.activeElement) || parts.dialog === document.activeElement) {
      (url ? parts.copy : parts.create).focus();
    }
  }
}

function enable(isEnabled) {
  for (const each of [parts.create, parts.copy, parts.revoke]) each.disabled = !isEnabled;
}

async function request(method, id) {
  let response;
  try {
    response = await fetch(`/rc/share/${encodeURIComponent(id)}`, {
      method,
      credentials: 'same-origin',
      headers: { 'X-Requested-With': 'research-chat' },
    });
  } catch {
    throw new Error('The server could not be reached. Check the connection and try again.');
  }
  if (!response.ok) throw new Error(PROBLEM[response.status] ?? `The server could not do that (${response.status}). Try again.`);
  if (response.status === 204) return null;
  return (await response.json()).url;
}

function show(link) {
  url = link ? asSeenFromHere(new URL(link, location.origin)).href : null;
  parts.link.value = url ?? '';
  parts.link.hidden = parts.copy.hidden = parts.revoke.hidden = !url;
  parts.create.hidden = Boolean(url);
}

/** Behind a proxy that ends TLS the server takes itself for http; whoever has this page open knows better. */
function asSeenFromHere(link) {
  if (link.host === location.host) link.protocol = location.protocol;
  return link;
}

function tell(sentence, isProblem = false) {
  parts.status.textContent = sentence;
  parts.status.classList.toggle('rc-problem', isProblem);
}

async function copyLink() {
  try {
    await navigator.clipboard.writeText(url);
    tell('Copied.');
  } catch {
    // No clipboard without https or permission: the link stands selected, ready to be copied by hand.
    parts.link.focus();
    tell('The browser did not allow copying. The link is selected: press Ctrl+C, or Cmd+C on a Mac.', true);
  }
}
