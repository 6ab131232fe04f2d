// The newest view of each running turn, as the server sends it beside the stored steps.
//
// Messages reach the page as window messages. Chainlit sends every window message back to the server;
// ours are stopped here, before its listener sees them.
import { t } from './language.js';
import { rcUI, say } from './rcui.js';
import { setThread } from './thread.js';
import * as words from './words.js';

const said = new Set();
const views = new Map();
const listeners = new Map();
let phase = '';

rcUI.progress = {
  /** The newer of the stored view and the last one received: the larger seq wins. */
  newest(turn, stored) {
    const live = views.get(turn);
    return live && live.seq >= stored.seq ? live : stored;
  },
  subscribe(turn, listener) {
    const known = listeners.get(turn) ?? new Set();
    listeners.set(turn, known.add(listener));
    return () => known.delete(listener);
  },
};

window.addEventListener('message', receive, true);

function receive(event) {
  const type = event.data?.type;
  if (event.source !== window || typeof type !== 'string' || !type.startsWith('rc:')) return;
  event.stopImmediatePropagation();
  if (type === 'rc:progress') accept(event.data.turn, event.data.view);
  if (type === 'rc:thread') setThread(event.data.id);
  if (type === 'rc:earlier') window.dispatchEvent(new CustomEvent('rc:earlier', { detail: event.data }));
  if (type === 'rc:models') rcUI.modelNames = event.data.names;
}

function accept(turn, view) {
  if (views.get(turn)?.seq > view.seq) return;
  views.set(turn, view);
  announce(turn, view);
  announceWaits(turn, view);
  listeners.get(turn)?.forEach((listener) => listener(view));
}

function announce(turn, view) {
  const now = `${turn} ${view.end ?? view.label}`;
  if (now === phase) return;
  phase = now;
  const label = words.phase(view.label);
  say(view.end ? t(`said.${view.end}`) : label);
  window.dispatchEvent(new CustomEvent('rc:phase', { detail: { turn, state: view.state, label, end: view.end } }));
}

/** Each wait once, without the seconds that count. */
function announceWaits(turn, view) {
  for (const { on, reasons } of words.waits(view)) {
    for (const reason of reasons) sayOnce(`${turn} ${on} ${reason}`, t('wait.why', { on, reason }));
  }
  for (const sentence of view.replacements ?? []) sayOnce(`${turn} ${sentence}`, words.reason(sentence));
  if (view.rewriting) sayOnce(`${turn} ${view.rewriting}`, t(`rewriting.${view.rewriting}`));
}

function sayOnce(key, sentence) {
  if (!said.has(key)) say(sentence);
  said.add(key);
}
