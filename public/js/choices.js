// How deep to search, and which models: Chainlit's controls for both, with what they leave out.
//
// Chainlit tells the server of a depth only together with a question. So that it is there after a reload too, the page
// tells it at once, as a window message, which Chainlit passes on, also later if the connection is lost just now.
import { t } from './language.js';
import { on } from './page.js';
import { rcUI } from './rcui.js';

const DEPTHS = Object.fromEntries(['quick', 'standard', 'deep'].map((depth) => [t(`depth.${depth}`), depth]));
const LIST = '#mode-picker-popover-depth';

let known = null;
let active = null;
let following = null;

on('#mode-picker-trigger-depth', (trigger) => {
  read(trigger);
  new MutationObserver(() => read(trigger)).observe(trigger, { childList: true, characterData: true, subtree: true });
  new MutationObserver(() => showList()).observe(trigger, { attributes: true, attributeFilter: ['aria-expanded'] });
});

function read(trigger) {
  const name = trigger.textContent.trim();
  trigger.setAttribute('aria-label', t('depth.current', { name }));
  trigger.setAttribute('aria-haspopup', 'listbox');
  trigger.title = t('depth.how');
  if (known && known !== name && DEPTHS[name]) window.postMessage({ type: 'choose-depth', depth: DEPTHS[name] }, location.origin);
  known = name;
}

/** Chainlit opens the list at whatever was pointed at last, and tells nobody where the arrow keys are. */
function showList() {
  active = null;
  const list = document.querySelector(LIST);
  if (!list) return;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', t('depth.of_research'));
  for (const part of list.querySelectorAll('[cmdk-root], [role=listbox], [role=group]')) {
    part.setAttribute('role', 'presentation');
    part.removeAttribute('tabindex');
    part.removeAttribute('aria-label');
  }
  list.querySelector('[cmdk-label]')?.setAttribute('hidden', '');
  for (const option of options()) {
    option.toggleAttribute('data-rc-chosen', isChosen(option));
    option.addEventListener('pointermove', () => activate(option));
  }
  activate(current());
  select();
  // One at a time: two that were begun before and after a choice would undo each other's work for ever.
  following?.disconnect();
  following = new MutationObserver(select);
  following.observe(list, { subtree: true, attributes: true, attributeFilter: ['aria-selected'] });
}

const options = () => [...document.querySelectorAll(`${LIST} [role=option]`)];
const isChosen = (option) => option.textContent.startsWith(known);
/** Where the keys are: on what is chosen, until they or the mouse move. */
const current = () => (active?.isConnected ? active : (options().find(isChosen) ?? options()[0]));

function activate(option) {
  active = option;
  for (const each of options()) each.toggleAttribute('data-rc-active', each === option);
  if (option) document.querySelector(LIST).setAttribute('aria-activedescendant', option.id);
}

function select() {
  for (const option of options()) {
    const selected = String(isChosen(option));
    if (option.getAttribute('aria-selected') !== selected) option.setAttribute('aria-selected', selected);
  }
}

// Chainlit keeps the place of its arrow keys to itself, and a key that follows quickly finds an old one.
document.addEventListener('keydown', moveOrChoose, true);

function moveOrChoose(event) {
  const isHere = event.target.closest?.(`${LIST}, #mode-picker-trigger-depth`);
  const all = isHere ? options() : [];
  if (!all.length || event.isComposing) return;
  const place = all.indexOf(current());
  const next = { ArrowDown: place + 1, ArrowUp: place - 1 + all.length, Home: 0, End: all.length - 1 }[event.key];
  if (next !== undefined) activate(all[next % all.length]);
  else if (event.key === 'Enter' || event.key === ' ') all[place].click();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// Each model of the panel under the name that a person knows; the exact one stands below it (css/choices.css).
on('[role=option]', (option) => {
  const model = rcUI.modelNames?.[option.textContent.trim()];
  if (model) option.dataset.rcModel = model;
});
