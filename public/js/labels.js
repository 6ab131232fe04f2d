// Names and roles that Chainlit's page leaves out, for people who hear it or use the keyboard.
import { PAGE_TITLE } from './attention.js';
import { t } from './language.js';
import { afterChanges, make, on } from './page.js';

const BY_ID = {
  'chat-submit': t('label.submit'),
  'stop-button': t('label.stop'),
  'new-chat-button': t('label.new'),
  'search-chats-button': t('label.search'),
  'sidebar-trigger-button': t('label.sidebar'),
  'chat-settings-open-modal': t('label.settings'),
  'chat-settings-header-button': t('label.settings'),
  'theme-toggle': t('label.theme'),
  'user-nav-button': t('label.account'),
  'readme-button': t('label.about'),
  'upload-button': t('label.attach'),
  'upload-button-loading': t('label.attach'),
  'chat-input': t('label.question'),
};

const BY_ICON = {
  copy: t('label.copy'),
  check: t('label.copied'),
  'thumbs-up': t('label.helpful'),
  'thumbs-down': t('label.not_helpful'),
  'arrow-down': t('label.newest'),
  'arrow-left': t('label.close_panel'),
  eye: t('label.show_password'),
  'eye-off': t('label.hide_password'),
  x: t('close'),
};

// Chainlit reuses one button for Send and Stop and only changes its id, so a name given before may be wrong now.
on(Object.keys(BY_ID).map((id) => `#${id}`).join(), (control) => control.setAttribute('aria-label', BY_ID[control.id]));

// Chainlit takes it for a mere picture.
on('#upload-button, #upload-button-loading', (button) => button.removeAttribute('role'));

on('svg[class*=lucide-]', (icon) => {
  const button = icon.closest('button');
  if (!button || button.id in BY_ID || button.textContent.trim() || button.title) return;
  const name = Object.keys(BY_ICON).find((known) => icon.classList.contains(`lucide-${known}`));
  if (name) button.setAttribute('aria-label', BY_ICON[name]);
});

on('#attachments button', (button) => {
  const name = button.parentElement?.parentElement?.querySelector('.truncate')?.textContent ?? '';
  button.setAttribute('aria-label', t('label.detach', { name }).trim());
});
// What a picture of a sheet of paper says besides: the ending of a name that is written beside it.
on('#attachments svg, .inline-file svg', (picture) => picture.setAttribute('aria-hidden', 'true'));

on('#welcome-screen .logo, .logo', (image) => image.setAttribute('alt', 'Research Chat'));
on('#starters img', (image) => image.setAttribute('alt', ''));
on('img[alt="Image"]', (image) => image.setAttribute('alt', ''));

on('[data-sidebar=sidebar]', (list) => {
  if (list.getAttribute('role') === 'dialog') return list.setAttribute('aria-label', t('label.list'));
  list.setAttribute('role', 'navigation');
  list.setAttribute('aria-label', t('label.list'));
});

on('ul[data-sidebar=menu]', (menu) => {
  if (menu.querySelector(':scope > :not(li)')) menu.setAttribute('role', 'presentation');
});

on('[role=separator]', (handle) => {
  if (!document.getElementById(handle.getAttribute('aria-controls') ?? '')) handle.removeAttribute('aria-controls');
  handle.setAttribute('aria-label', t('label.width'));
});

// An open list of choices hangs at the end of the page, outside of all its parts.
on('[data-radix-popper-content-wrapper]:has(> :is([role=listbox], [role=menu]))', (place) => {
  const isMenu = place.firstElementChild.getAttribute('role') === 'menu';
  const name = isMenu ? document.querySelector('[aria-haspopup=menu][aria-expanded=true][aria-label]')?.getAttribute('aria-label') : null;
  place.setAttribute('role', 'region');
  place.setAttribute('aria-label', name ?? t('label.settings'));
  if (isMenu && !document.getElementById(place.firstElementChild.getAttribute('aria-labelledby') ?? '')) {
    place.firstElementChild.removeAttribute('aria-labelledby');
    place.firstElementChild.setAttribute('aria-label', place.getAttribute('aria-label'));
  }
  // A menu is no dialog: what is around it need not be hidden from who listens.
  if (!isMenu || document.querySelector('[role=dialog]')) return;
  for (const hidden of document.querySelectorAll('[data-aria-hidden]')) hidden.removeAttribute('aria-hidden');
});

// Chainlit's list of what a search has found, named in English, is a list of choices also while there are none.
afterChanges(() => {
  for (const list of document.querySelectorAll('[role=dialog] [cmdk-list]')) {
    list.setAttribute('aria-label', t('label.search'));
    list.setAttribute('role', list.querySelector('[role=option]') ? 'listbox' : 'region');
    // It says of a search what it says of an empty list. Its own words stay in the page, for React's sake (css/page.css).
    const isSearch = Boolean(list.closest('[role=dialog]').querySelector('[cmdk-input]')?.value);
    const nothing = list.querySelector('[cmdk-empty]');
    if (nothing && isSearch && !nothing.querySelector('svg')) nothing.dataset.rcSaid = t('label.search_none');
  }
});

// Chainlit calls every paragraph an article.
on('[role=article]', (paragraph) => paragraph.removeAttribute('role'));

// Notices that pop up are items of a list, each of which is read out by its aria-live; the sign-in page has no main part.
on('li[data-sonner-toast]', (notice) => notice.removeAttribute('role'));
// Why the page itself refuses a file, Chainlit says in English only.
on('li[data-sonner-toast] [data-title]', (title) => {
  const size = /^File is larger than (\d+) MB$/.exec(title.textContent)?.[1];
  if (size) title.textContent = t('attach.too_large', { size });
  if (/^Too many files$/.test(title.textContent)) title.textContent = t('attach.too_many');
});
on('.grid.min-h-svh:has(form)', (page) => page.setAttribute('role', 'main'));

on('#session-error', (notice) => notice.setAttribute('role', 'alert'));

// A page has one name; a report with a heading of its own brings it along.
let title;
afterChanges(() => {
  const main = document.querySelector('main');
  const others = document.querySelector('#welcome-screen, h1:not(.rc-title-of-page)');
  if (!main || others) {
    title?.remove();
    title = undefined;
  } else if (!title?.isConnected) {
    title = make('h1', { class: 'rc-hidden rc-title-of-page' }, PAGE_TITLE);
    main.prepend(title);
  }
});
