// What custom elements (public/elements) and this page's modules share, as window.rcUI: custom elements cannot import modules.
import { t } from './language.js';
import { make } from './page.js';
import * as words from './words.js';

export const rcUI = (window.rcUI ??= {});

rcUI.words = words;

/** A sentence in the reader's language, by its key (chat_app/languages/en.json). */
rcUI.t = t;

/** Components by name. An element file is evaluated again and again; the component must stay the same one, or its state is lost. */
rcUI.components ??= {};

/** Sources by the id of the message that cites them, then by number. Written by the Sources element. */
rcUI.sources ??= new Map();

const KEPT_SENTENCES = 5;

// There before anything is said: a region that comes with its first sentence is not read out.
const live = document.body.appendChild(make('div', { class: 'rc-hidden', role: 'status', 'aria-live': 'polite', 'aria-atomic': 'false' }));

/** Has a screen reader say a sentence once, after those that were said before it. */
export function say(sentence) {
  if (!sentence || live.lastChild?.textContent === sentence) return;
  live.append(make('p', {}, sentence));
  if (live.childElementCount > KEPT_SENTENCES) live.firstChild.remove();
}

/** The source a citation means: of its own message, else of any in the thread, where numbers are unique. */
export function findSource(message, number) {
  const own = rcUI.sources.get(message)?.get(number);
  if (own) return { message, source: own };
  for (const [other, sources] of rcUI.sources) {
    if (sources.has(number)) return { message: other, source: sources.get(number) };
  }
  return null;
}
