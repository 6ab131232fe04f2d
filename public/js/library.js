// The way to the page of the library, in the header of the chat.
import { t } from './language.js';
import { afterChanges, make } from './page.js';

const ICON =
  '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" ' +
  'stroke-linejoin="round"><path d="m16 6 4 14"/><path d="M12 6v14"/><path d="M8 8v12"/><path d="M4 4v16"/></svg>';

const link = make('a', { id: 'rc-library-link', href: '/library', 'aria-label': t('library.link'), title: t('library.link') });
link.innerHTML = ICON;

afterChanges(() => {
  const anchor = document.querySelector('#header #theme-toggle');
  if (!anchor || anchor.parentElement === link.parentElement) return;
  anchor.before(link);
});
