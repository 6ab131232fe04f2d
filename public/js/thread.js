// Which thread is on the page. Its address says so after a reload, but not always before.
import { rcUI } from './rcui.js';

rcUI.setThread = setThread;

/** The thread on the page; null on an empty one. */
export function currentThread() {
  const named = /\/thread\/([^/]+)$/.exec(location.pathname)?.[1];
  if (named) return decodeURIComponent(named);
  return document.querySelector('.rc-progress') ? (rcUI.thread ?? null) : null;
}

/** Told by the server or by a card, which is on the page then. */
export function setThread(id) {
  if (!id) return;
  const isNew = rcUI.thread !== id;
  rcUI.thread = id;
  if (isNew) window.dispatchEvent(new CustomEvent('rc:thread'));
  nameInAddress(id);
}

/**
 * At once, so that no reload loses the thread: Chainlit does it when it has read its list of threads anew, and never where the
 * list is not on the page, as on a phone. Its router hears of it as of a step back or forward.
 */
function nameInAddress(id) {
  if (location.pathname !== '/' || !document.querySelector('.rc-progress')) return;
  history.replaceState(history.state, '', `/thread/${encodeURIComponent(id)}`);
  window.dispatchEvent(new PopStateEvent('popstate', { state: history.state }));
}
