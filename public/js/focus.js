// Where the focus goes when a dialog is closed that Chainlit opened without a word of what for: back to what opened it.
import { afterChanges } from './page.js';

const DIALOG = '[role=dialog]';

let opener = null;
let wasOpen = false;

document.addEventListener('focusin', ({ target }) => {
  if (!target.closest(`${DIALOG}, dialog, [role=listbox], [role=menu]`)) opener = target;
});

afterChanges(() => {
  const isOpen = Boolean(document.querySelector(DIALOG));
  const isLost = !document.activeElement || document.activeElement === document.body;
  // Not to a field: on a phone its keyboard would come up.
  if (wasOpen && !isOpen && isLost && opener?.isConnected && !opener.matches('input, textarea')) opener.focus({ preventScroll: true });
  wasOpen = isOpen;
});
