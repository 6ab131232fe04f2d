// What is said to a person who looks at another tab: in the title of this one, and by a notification for who asked for it.
import { t } from './language.js';
import { afterChanges } from './page.js';
import { rcUI } from './rcui.js';

/** The title of the page while nothing goes on. */
export const PAGE_TITLE = document.title;

const RUNNING = '…';
const KEY = 'rc-tell-me';
const REDRAWN_MS = 1000;
// Where fingers are used, browsers show no notification of an open page.
const isOffered = 'Notification' in window && window.isSecureContext && !matchMedia('(pointer: coarse)').matches;

let now = null;
let unseen = null;

rcUI.notices = {
  /** `on`, `off`, `blocked` by the browser, or `none` where there are no notifications. */
  state() {
    if (!isOffered) return 'none';
    if (Notification.permission === 'denied') return 'blocked';
    return Notification.permission === 'granted' && isWanted() ? 'on' : 'off';
  },
  /** The browser asks the person only here, after a press. */
  async toggle() {
    const isOn = rcUI.notices.state() === 'on';
    if (!isOn && Notification.permission === 'default') await Notification.requestPermission();
    want(!isOn);
    return rcUI.notices.state();
  },
};

window.addEventListener('rc:phase', ({ detail }) => {
  const wasRunning = now?.turn === detail.turn && now.state === 'running';
  now = detail;
  if (wasRunning && detail.end && isAway()) tell(detail);
  draw();
});
document.addEventListener('visibilitychange', look);
window.addEventListener('focus', look);
// Who turns to another conversation leaves the running one behind. Chainlit may also draw the same one anew, which takes
// its card away for a moment, and the card tells of a phase only once.
afterChanges(() => {
  if (now?.state === 'running' && !isDrawn()) setTimeout(forget, REDRAWN_MS, now);
});

function forget(left) {
  if (now !== left || isDrawn()) return;
  now = null;
  draw();
}

function isDrawn() {
  return Boolean(document.querySelector('.rc-progress[data-rc-state=running]'));
}

function tell(detail) {
  unseen = t(`tab.${detail.end}`);
  if (rcUI.notices.state() !== 'on' || detail.end === 'turn_stopped') return;
  const questions = document.querySelectorAll('.step[data-step-type=user_message] .message-content');
  const body = questions[questions.length - 1]?.textContent.slice(0, 140) ?? '';
  try {
    const notice = new Notification(t(`said.${detail.end}`), { body, tag: detail.turn, icon: '/favicon' });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
  } catch {
    // A browser that has notifications, but none for a page: the title says it.
  }
}

function look() {
  if (isAway() || !unseen) return;
  unseen = null;
  draw();
}

function draw() {
  const words = unseen ?? (now?.state === 'running' ? `${RUNNING} ${now.label}` : null);
  const title = words ? `${words} · ${PAGE_TITLE}` : PAGE_TITLE;
  if (document.title !== title) document.title = title;
}

function isAway() {
  return document.hidden;
}

function isWanted() {
  try {
    return localStorage.getItem(KEY) === '1';
  } catch {
    return wanted;
  }
}

let wanted = false;

function want(isOn) {
  wanted = isOn;
  try {
    localStorage.setItem(KEY, isOn ? '1' : '0');
  } catch {
    // Storage is blocked: it holds until the page is left.
  }
}
