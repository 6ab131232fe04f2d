// Where a person looks when a thread opens: at its last question, with the report below it.
// Chainlit scrolls there for a new question, and would leave a reopened thread at its very top.
import { afterChanges } from './page.js';

const SETTLE_MS = 3000;
const PATIENCE_MS = 20_000;

let known = null;
let kept = null;
let until = 0;

for (const type of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
  document.addEventListener(type, () => (until = isAwaited() ? until : 0), { capture: true, passive: true });
}
// Whoever moves before it comes, finds it where they have moved it to.
document.addEventListener('scroll', () => isAwaited() && note(kept.id), { capture: true, passive: true });

/** Turns are about to be put above the first step: then that one stays where it is, for a while, until the person moves. */
export function keepInPlace(step) {
  note(idOf(step));
  until = Date.now() + PATIENCE_MS;
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
  if (Date.now() >= until || isAwaited()) return;
  if (kept) return putBack();
  // Elements above it load on their own and push it down: for a moment, until the person moves, it is put back.
  if (last && questions.length > 1) last.scrollIntoView({ block: 'start' });
});

/** Whether what is to come above the kept step is not there yet. */
function isAwaited() {
  const first = kept && document.querySelector('.step');
  return Boolean(first) && idOf(first) === kept.id;
}

function putBack() {
  const step = stepOf(kept.id);
  const moved = step ? step.getBoundingClientRect().top - kept.top : 0;
  until = kept.hasCome && !moved ? until : Date.now() + SETTLE_MS;
  kept.hasCome = true;
  if (moved) boxOf(step)?.scrollBy({ top: moved, behavior: 'instant' });
}

function note(id) {
  kept = { id, top: stepOf(id)?.getBoundingClientRect().top ?? 0, hasCome: false };
}

function stepOf(id) {
  return document.getElementById(id)?.closest('.step');
}

function idOf(step) {
  return step.querySelector('[id^="step-"]')?.id;
}

function boxOf(step) {
  for (let box = step.parentElement; box; box = box.parentElement) {
    if (/auto|scroll/.test(getComputedStyle(box).overflowY) && box.scrollHeight > box.clientHeight) return box;
  }
  return null;
}
