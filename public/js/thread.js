// Which thread is on the page. Its address says so after a reload, but not always before.
import { rcUI } from './rcui.js';

rcUI.showThread = showThread;

/** The thread on the page; null on an empty one. */
export function currentThread() {
  const named = /\/thread\/([^/]+)$/.exec(location.pathname)?.[1];
  if (named) return decodeURIComponent(named);
  return document.querySelector('.rc-progress') ? (rcUI.thread ?? null) : null;
}

/** Told by the server before there is a card, and by each card. */
export function setThread(id) {
  if (!id || rcUI.thread === id) return;
  rcUI.thread = id;
  window.dispatchEvent(new CustomEvent('rc:thread'));
}

/**
 * A card of this thread is on the page: the address names it at once, so that no reload loses the thread. Chainlit does it when
 * it has read its list of threads anew, and never where the list is not on the page, as on a phone. Its router hears of it as of
 * a step back or forward.
 */
function showThread(id) {
  setThread(id);
  if (!id || location.pathname !== '/') return;
  history.replaceState(history.state, '', `/thread/${encodeURIComponent(id)}`);
  window.dispatchEvent(new PopStateEvent('popstate', { state: history.state }));
}

// Where Chainlit is first to name a conversation that has begun, the step back to the empty page would only lead here again.
const push = history.pushState.bind(history);
history.pushState = (state, title, url) => {
  const isBegun = location.pathname === '/' && document.querySelector('[data-step-type=user_message]');
  if (isBegun && String(url).startsWith('/thread/')) history.replaceState(state, title, url);
  else push(state, title, url);
};
