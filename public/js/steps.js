// Planning, Searching and Analyzing are steps of the thread; the progress card draws them, so the page hides Chainlit's
// own drawing of them (css/page.css). Should a turn have no card, its steps are shown after all.
import { on } from './page.js';

const PATIENCE_MS = 3000;

document.documentElement.classList.add('rc-draws-steps');

on('.step[data-step-type=tool]', (step) => setTimeout(() => step.classList.toggle('rc-no-card', !hasCard(step)), PATIENCE_MS));

on('.rc-progress', (card) => {
  const own = card.closest('.step');
  for (const step of [...turnAround(own, 'previousElementSibling'), ...turnAround(own, 'nextElementSibling')]) {
    step.classList.remove('rc-no-card');
  }
});

function hasCard(step) {
  const around = [...turnAround(step, 'previousElementSibling'), ...turnAround(step, 'nextElementSibling')];
  return around.some((other) => other.querySelector('.rc-progress'));
}

/** The neighbours in one direction, as far as the same turn goes: a turn begins with what the person wrote. */
function* turnAround(step, direction) {
  for (let other = step?.[direction]; other; other = other[direction]) {
    if (other.dataset.stepType === 'user_message') return;
    yield other;
  }
}
