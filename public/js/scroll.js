// Where a person looks when a thread opens: at its last question, with the report below it.
// Chainlit scrolls there for a new question, and would leave a reopened thread at its very top.
import { afterChanges } from './page.js';

const SETTLE_MS = 3000;

let known = null;
let kept = null;
let until = 0;

for (const type of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
  document.addEventListener(type, () => (until = 0), { capture: true, passive: true });
}

/** Whatever is put above this step: for a while it stays where it is, until the person moves. */
export function keepInPlace(step) {
  kept = { id: idOf(step), top: step.getBoundingClientRect().top };
  // Now is the press that asks for it.
  setTimeout(() => (until = Date.now() + SETTLE_MS));
}

afterChanges(() => {
  const questions = document.querySelectorAll('.step[data-step-type=user_message]');
  const last = questions[questions.length - 1] ?? null;
  const id = last && idOf(last);
  if (id !== known) {
    known = id;
    kept = null;
    until = Date.now() + SETTLE_MS;
  }
  if (Date.now() >= until) return;
  const step = kept && document.getElementById(kept.id)?.closest('.step');
  if (step) return boxOf(step)?.scrollBy({ top: step.getBoundingClientRect().top - kept.top, behavior: 'instant' });
  // Elements above it load on their own and push it down: for a moment, until the person moves, it is put back.
  if (last && questions.length > 1) last.scrollIntoView({ block: 'start' });
});

function idOf(step) {
  return step.querySelector('[id^="step-"]')?.id;
}

function boxOf(step) {
  for (let box = step.parentElement; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight) return box;
  }
  return null;
}
