// The options of each conversation in the list, by keyboard and by ear. Chainlit's opener is a part of the row's button: it
// takes no focus, and nobody hears of it. So each row gets a button of its own that presses the opener; mouse and finger reach
// the opener itself.
import { t } from './language.js';
import { afterChanges, make, on } from './page.js';

const MENU = '[role=menu]';
// The list itself is a dialog on a phone.
const OPEN = `${MENU}, [role=alertdialog], [role=dialog]:not([data-sidebar])`;
const CLOSING_MS = 50;

let pressed = null;

on('#thread-history li[id^="thread-"]', (row) => {
  const opener = row.querySelector('#thread-options');
  if (!opener || row.querySelector('.rc-row-options')) return;
  opener.setAttribute('aria-hidden', 'true');
  // The row is a link around a button: one stop is enough.
  row.querySelector('a > button')?.setAttribute('tabindex', '-1');
  const button = make('button', { type: 'button', class: 'rc-row-options', 'aria-haspopup': 'menu' });
  name(button, row);
  button.addEventListener('focus', () => name(button, row)); // it may have been renamed
  button.addEventListener('click', () => press(button, row));
  row.append(button);
});

// Who has written the new name is done: Chainlit's dialog has no form that would know.
on('[role=dialog] input#name', (input) => {
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.isComposing) input.closest('[role=dialog]').querySelector('.flex-col-reverse > button:last-child')?.click();
  });
});

// With the menu comes a tooltip of the row, which would take the first Escape for itself.
window.addEventListener(
  'keydown',
  (event) => {
    if (event.key !== 'Escape' || !event.isTrusted || !document.querySelector(MENU) || !document.querySelector('[role=tooltip]')) return;
    setTimeout(() => document.querySelector(MENU)?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true })), CLOSING_MS);
  },
  true,
);

function name(button, row) {
  const title = row.querySelector('.truncate')?.textContent || t('label.this_research');
  button.setAttribute('aria-label', t('label.options', { title }));
}

function press(button, row) {
  pressed = button;
  row.querySelector('#thread-options')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
}

// Back to it from the menu and from what was opened there; Chainlit's own opener could not take the focus.
afterChanges(() => {
  if (!pressed || document.querySelector(OPEN) || document.activeElement === pressed) return;
  const isLost = [null, document.body].includes(document.activeElement) || document.activeElement.matches('[role=dialog]');
  if (isLost && pressed.isConnected) pressed.focus();
  else pressed = null;
});
