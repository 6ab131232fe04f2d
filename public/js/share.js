// Share a thread by link: a button in the header, and a dialog that creates, copies and revokes the link.
import { t } from './language.js';
import { afterChanges, make } from './page.js';
import { currentThread } from './thread.js';

const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" ' +
  'stroke-linejoin="round"><circle cx="18" cy="5" r="3"/><circle cx="6" cy="12" r="3"/><circle cx="18" cy="19" r="3"/>' +
  '<path d="m8.6 13.5 6.8 4M15.4 6.5l-6.8 4"/></svg>';

const PROBLEM = {
  401: t('share.signed_out'),
  403: t('share.not_yours'),
  404: t('share.gone'),
};

const button = make('button', { id: 'rc-share-button', type: 'button', 'aria-label': t('share.title'), title: t('share.title') });
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
  run('GET', t('share.looking'), (link) => (link ? t('share.is_shared') : ''));
}

function build() {
  const dialog = make('dialog', { id: 'rc-share', 'aria-labelledby': 'rc-share-title', 'aria-describedby': 'rc-share-what' });
  const link = make('input', { id: 'rc-share-link', readonly: '', 'aria-label': t('share.link') });
  const status = make('p', { class: 'rc-share-status', role: 'status', 'aria-live': 'polite' });
  const create = pill(t('share.create'), 'primary', () => run('POST', t('share.creating'), () => t('share.created')));
  const copy = pill(t('share.copy'), 'primary', copyLink);
  const revoke = pill(t('share.revoke'), 'danger', () => run('DELETE', t('share.revoking'), () => t('share.revoked')));
  const close = pill(t('close'), 'plain', () => dialog.close());
  dialog.append(
    make('h2', { id: 'rc-share-title' }, t('share.title')),
    make('p', { id: 'rc-share-what' }, t('share.what')),
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
    const isLost = !parts.dialog.contains(document.activeElement) || parts.dialog === document.activeElement;
    if (parts.dialog.open && isLost) {
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
    throw new Error(t('share.offline'));
  }
  if (!response.ok) throw new Error(PROBLEM[response.status] ?? t('share.failed', { status: String(response.status) }));
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
    tell(t('share.copied'));
  } catch {
    // No clipboard without https or permission: the link stands selected, ready to be copied by hand.
    parts.link.focus();
    tell(t('share.not_copied'), true);
  }
}
