// A pulse in the list beside each thread whose research is running, on this page or another.
import { t } from './language.js';
import { afterChanges, make } from './page.js';

const EVERY_MS = 5000;

let running = new Set();
let wasSignedIn = false;

setInterval(refresh, EVERY_MS);
document.addEventListener('visibilitychange', refresh);
window.addEventListener('rc:phase', refresh);
afterChanges(mark);
refresh();

async function refresh() {
  if (document.hidden) return;
  try {
    const response = await fetch('/rc/running');
    // The account is gone, or the sign-in has run out: the page must not go on as if nothing had happened.
    if (response.status === 401 && wasSignedIn) return location.reload();
    if (!response.ok) return;
    wasSignedIn = true;
    running = new Set((await response.json()).threads);
  } catch {
    return; // Offline: what was known stays, Chainlit says that the connection is lost.
  }
  mark();
}

function mark() {
  for (const row of document.querySelectorAll('#thread-history li[id^="thread-"]')) {
    const isRunning = running.has(row.id.slice('thread-'.length));
    if (isRunning === row.hasAttribute('data-rc-running')) continue;
    row.toggleAttribute('data-rc-running', isRunning);
    row.querySelector('.rc-hidden')?.remove();
    if (isRunning) row.querySelector('.truncate')?.after(make('span', { class: 'rc-hidden' }, t('running')));
  }
}
