// Which thread is on the page. Its address says so after a reload, but not always before.
import { rcUI } from './rcui.js';

const ADDRESS_AFTER_MS = 1000;

rcUI.setThread = setThread;

/** The thread on the page; null on an empty one. */
export function currentThread() {
  const named = /\/thread\/([^/]+)$/.exec(location.pathname)?.[1];
  if (named) return decodeURIComponent(named);
  return document.querySelector('.rc-progress') ? (rcUI.thread ?? null) : null;
}

/** Told by the server or by an element: before the first reload the address does not name the thread on a phone. */
export function setThread(id) {
  if (!id || rcUI.thread === id) return;
  rcUI.thread = id;
  window.dispatchEvent(new CustomEvent('rc:thread'));
  setTimeout(() => nameInAddress(id), ADDRESS_AFTER_MS);
}

/** Chainlit puts a new thread into the address only where its list is on the page; elsewhere a reload would lose the thread. */
function nameInAddress(id) {
  if (location.pathname !== '/' || rcUI.thread !== id || !document.querySelector('.rc-progress')) return;
  history.replaceState(history.state, '', `/thread/${encodeURIComponent(id)}`);
}
