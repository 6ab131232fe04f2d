// The beginning of a long thread is not on the page until a person asks for it: a button above the first turn that is.
import { t } from './language.js';
import { afterChanges, make } from './page.js';
import { rcUI } from './rcui.js';
import { keepInPlace } from './scroll.js';
import { currentThread } from './thread.js';

const PATIENCE_MS = 8000;

let thread = null;
let turns = 0;
let asked = null;

const button = make('button', { id: 'rc-earlier', type: 'button', class: 'rc-pill' });
button.addEventListener('click', ask);

window.addEventListener('rc:earlier', ({ detail }) => {
  ({ thread, turns } = detail);
  rcUI.costs.set('earlier', detail.costs);
  settle();
  place();
});
afterChanges(place);
// A new conversation on the same page: what is folded belongs to the one before.
window.addEventListener('rc:thread', () => {
  if (rcUI.thread === thread) return;
  [thread, turns] = [null, 0];
  rcUI.costs.remove('earlier');
  place();
});

function ask() {
  if (asked) return;
  asked = setTimeout(settle, PATIENCE_MS);
  button.setAttribute('aria-disabled', 'true');
  button.textContent = t('earlier.loading');
  const first = firstStep();
  if (first) keepInPlace(first);
  window.postMessage({ type: 'show-earlier' }, location.origin);
}

function settle() {
  clearTimeout(asked);
  asked = null;
  button.removeAttribute('aria-disabled');
  button.textContent = t('earlier.show', { count: turns });
}

function place() {
  const first = turns > 0 && currentThread() === thread ? firstStep() : null;
  if (!first) {
    const hadFocus = document.activeElement === button;
    button.remove();
    if (hadFocus) focusOn(firstStep());
  } else if (first.previousElementSibling !== button) {
    const hadFocus = document.activeElement === button;
    first.before(button);
    if (hadFocus) button.focus({ preventScroll: true });
  }
}

/** Who pressed it for the last time goes on at the first question. */
function focusOn(step) {
  step?.setAttribute('tabindex', '-1');
  step?.focus({ preventScroll: true });
}

function firstStep() {
  return document.querySelector('.step');
}
