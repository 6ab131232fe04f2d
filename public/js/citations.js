// Citations in a report: stored as plain links "[3]", drawn as numbers that show the passage they rest on.
import { t } from './language.js';
import { make, on } from './page.js';
import { findSource, rcUI } from './rcui.js';

const NUMBER = /^\[(\d{1,4})\]$/;
const UNCITED = '(no source)';
const PEEK_LETTERS = 200;
const LEAVE_MS = 160;

on('.message-content a[target=_blank]', decorate);
on('.message-content .italic', markUncited);

document.addEventListener('click', open, true);
document.addEventListener('pointerover', (event) => event.pointerType === 'mouse' && hover(event.target));
document.addEventListener('focusin', (event) => hover(event.target));
// Going to a number by keyboard may scroll it into view: then its card goes with it.
document.addEventListener('scroll', () => (anchor && anchor === document.activeElement ? settle(anchor.getBoundingClientRect()) : hide()), true);
document.addEventListener('keydown', (event) => event.key === 'Escape' && hide());
window.addEventListener('rc:panel', (event) => mark(event.detail));

function decorate(link) {
  const number = NUMBER.exec(link.textContent)?.[1];
  if (!number) return;
  link.classList.add('rc-cite');
  link.dataset.number = number;
  link.setAttribute('aria-label', t('source.number', { number }));
  markOne(link, rcUI.panel);
}

/** `*(no source)*` at the end of a paragraph: readable as it is, but quieter as a badge. */
function markUncited(emphasis) {
  if (emphasis.textContent !== UNCITED) return;
  emphasis.classList.add('rc-uncited');
  emphasis.title = t('cite.uncited_why');
  // The report's own words stay in the page, for React's sake; the style sheet shows these in their place.
  if (t('cite.uncited') !== UNCITED) emphasis.dataset.rcSaid = t('cite.uncited');
}

function open(event) {
  const link = event.target.closest?.('a.rc-cite');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const found = cited(link);
  if (!found) return;
  event.preventDefault();
  hide();
  rcUI.opener = link;
  window.dispatchEvent(new CustomEvent('rc:cite', { detail: { message: found.message, number: found.source.number } }));
}

function cited(link) {
  const message = link.closest('.step')?.querySelector('[id^="step-"]')?.id.slice('step-'.length);
  return findSource(message, Number(link.dataset.number));
}

/** Shows which number the open panel belongs to. */
function mark(shown) {
  document.querySelectorAll('a.rc-cite').forEach((link) => markOne(link, shown));
}

function markOne(link, shown) {
  if (shown && Number(link.dataset.number) === shown.number) link.setAttribute('aria-current', 'true');
  else link.removeAttribute('aria-current');
}

let card;
let anchor;
let leaving;

function hover(target) {
  const link = target.closest?.('a.rc-cite');
  if (target.closest?.('#rc-peek')) return clearTimeout(leaving);
  if (!link) {
    if (card && !leaving) leaving = setTimeout(hide, LEAVE_MS);
    return;
  }
  clearTimeout(leaving);
  leaving = undefined;
  if (link === anchor) return;
  hide();
  const found = cited(link);
  if (found) peek(link, found.source);
}

function peek(link, source) {
  const [passage] = rcUI.words.passages(source);
  anchor = link;
  card = make(
    'div',
    { id: 'rc-peek', role: 'tooltip' },
    make('p', { class: 'rc-peek-place' }, rcUI.words.place(source)),
    make('p', { class: 'rc-peek-title', dir: 'auto' }, source.title),
    make('p', { class: 'rc-peek-quote', dir: 'auto' }, passage ? t('quoted', { text: shorten(passage.quote) }) : t('cite.no_passage')),
  );
  if (source.retrievedAt) card.append(make('p', { class: 'rc-peek-place' }, rcUI.words.retrieved(source)));
  (link.closest('main') ?? document.body).append(card);
  link.setAttribute('aria-describedby', 'rc-peek');
  settle(link.getBoundingClientRect());
}

function settle(beside) {
  const { offsetWidth: width, offsetHeight: height } = card;
  const fitsBelow = beside.bottom + height + 14 < innerHeight;
  card.style.left = `${Math.max(8, Math.min(beside.left - 12, innerWidth - width - 8))}px`;
  card.style.top = `${fitsBelow ? beside.bottom + 6 : Math.max(8, beside.top - height - 6)}px`;
}

function hide() {
  clearTimeout(leaving);
  leaving = undefined;
  anchor?.removeAttribute('aria-describedby');
  card?.remove();
  card = anchor = undefined;
}

function shorten(text) {
  const letters = [...text];
  return letters.length > PEEK_LETTERS ? `${letters.slice(0, PEEK_LETTERS).join('').trimEnd()}…` : text;
}
