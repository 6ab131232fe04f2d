// The promise on an empty page, and what mode the server runs in: nobody should take excerpts or a demo for the real thing.
import { t } from './language.js';
import { afterChanges, make } from './page.js';

let mode = null;

load();
afterChanges(show);

async function load() {
  try {
    const response = await fetch('/rc/mode');
    if (response.status === 200) mode = await response.json();
  } catch {
    // Not signed in yet or offline: the page says nothing about the mode.
  }
  show();
}

function show() {
  const welcome = document.querySelector('#welcome-screen');
  const logo = welcome?.querySelector('.logo');
  if (logo && !welcome.querySelector('.rc-promise')) logo.after(make('h1', { class: 'rc-promise' }, t('promise')));
  if (!mode?.text) return;
  if (logo && !welcome.querySelector('.rc-mode')) {
    welcome.querySelector('.rc-promise').after(make('p', { class: 'rc-mode', 'data-kind': mode.kind ?? '' }, mode.text));
  }
  if (mode.kind === 'demo') showBadge();
}

function showBadge() {
  const header = document.querySelector('#header > div:last-child');
  if (!header || header.querySelector('.rc-demo')) return;
  const long = make('span', { class: 'rc-demo-long' }, t('mode.demo.badge_rest'));
  header.prepend(make('span', { class: 'rc-demo', title: mode.text }, t('mode.demo.badge'), long));
}
