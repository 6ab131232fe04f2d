// Where a person looks when a thread opens: at its last question, with the report below it.
// Chainlit scrolls there for a new question, and would leave a reopened thread at its very top.
import { afterChanges } from './page.js';

const SETTLE_MS = 1500;

let known = null;
let until = 0;

for (const type of ['wheel', 'touchstart', 'keydown', 'pointerdown']) {
  document.addEventListener(type, () => (until = 0), { capture: true, passive: true });
}

afterChanges(() => {
  const questions = document.querySelectorAll('.step[data-step-type=user_message]');
  const last = questions[questions.length - 1] ?? null;
  if (last !== known) {
    known = last;
    until = Date.now() + SETTLE_MS;
  }
  // Elements above it load on their own and push it down: for a moment, until the person moves, it is put back.
  if (last && questions.length > 1 && Date.now() < until) last.scrollIntoView({ block: 'start' });
});
