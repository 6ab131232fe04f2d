// Titles for Chainlit's dialogs that have none under the id that says so: the source and the list on a phone. Radix looks for
// it, the moment such a dialog opens and before anything else can be told of it, and complains on the console.
import { t } from './language.js';

const find = document.getElementById.bind(document);

document.getElementById = (id) => find(id) ?? (String(id).startsWith('radix-') ? titled(id) : null);

/** The title, put into the dialog that asks for it; null where no open dialog does. */
function titled(id) {
  const dialog = document.querySelector(`[role=dialog][aria-labelledby="${CSS.escape(id)}"]`);
  if (!dialog) return null;
  const title = document.createElement('span');
  title.id = id;
  title.hidden = true; // it names the dialog; what is read in it stays as it is
  title.textContent = dialog.querySelector('#side-view-title')?.textContent ?? t('label.list');
  dialog.append(title);
  // Chainlit describes none of its dialogs.
  if (!find(dialog.getAttribute('aria-describedby') ?? '')) dialog.removeAttribute('aria-describedby');
  return title;
}
