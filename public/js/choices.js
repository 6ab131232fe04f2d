// How deep to search, and which models: Chainlit's controls for both, with what they leave out.
//
// Chainlit tells the server of a depth only together with a question. So that it is there after a reload too, the page
// tells it at once, as a window message, which Chainlit passes on, also later if the connection is lost just now.
import { on } from './page.js';
import { rcUI } from './rcui.js';

const DEPTHS = { Quick: 'quick', Standard: 'standard', Deep: 'deep' };
const LIST = '#mode-picker-popover-depth';

let known = null;
let following = null;

on('#mode-picker-trigger-depth', (trigger) => {
  read(trigger);
  new MutationObserver(() => read(trigger)).observe(trigger, { childList: true, characterData: true, subtree: true });
  new MutationObserver(() => showList()).observe(trigger, { attributes: true, attributeFilter: ['aria-expanded'] });
});

function read(trigger) {
  const name = trigger.textContent.trim();
  trigger.setAttribute('aria-label', `Depth of the research: ${name}`);
  trigger.setAttribute('aria-haspopup', 'listbox');
  trigger.title = 'How deep to search';
  if (known && known !== name && DEPTHS[name]) window.postMessage({ type: 'choose-depth', depth: DEPTHS[name] }, location.origin);
  known = name;
}

/** Chainlit opens the list at whatever was pointed at last, and tells nobody where the arrow keys are. */
function showList() {
  const list = document.querySelector(LIST);
  if (!list) return;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', 'Depth of the research');
  for (const part of list.querySelectorAll('[cmdk-root], [role=listbox], [role=group]')) {
    part.setAttribute('role', 'presentation');
    part.removeAttribute('tabindex');
    part.removeAttribute('aria-label');
  }
  list.querySelector('[cmdk-label]')?.setAttribute('hidden', '');
  const options = [...list.querySelectorAll('[role=option]')];
  const isChosen = (option) => option.textContent.startsWith(known);
  const chosen = options.find(isChosen);
  chosen?.setAttribute('data-rc-chosen', '');
  chosen?.dispatchEvent(new MouseEvent('mousemove', { bubbles: true }));
  const follow = () => {
    const here = options.find((option) => option.classList.contains('text-accent-foreground'));
    if (here) list.setAttribute('aria-activedescendant', here.id);
    for (const option of options) {
      const selected = String(isChosen(option));
      if (option.getAttribute('aria-selected') !== selected) option.setAttribute('aria-selected', selected);
    }
  };
  follow();
  // One at a time: two that were begun before and after a choice would undo each other's work for ever.
  following?.disconnect();
  following = new MutationObserver(follow);
  following.observe(list, { subtree: true, attributes: true, attributeFilter: ['class', 'aria-selected'] });
}

// Each model of the panel under the name that a person knows; the exact one stands below it (css/choices.css).
on('[role=option]', (option) => {
  const model = rcUI.modelNames?.[option.textContent.trim()];
  if (model) option.dataset.rcModel = model;
});
