// What the server says in English, in the reader's language: as chat_app/languages/retelling.py does it, which says why.
import dictionary from '/rc/language.js';

const NAMED = /^('[^']{1,300}'|"[^"]{1,300}") /;
const MAX_CHARACTERS = 1000;
const MAX_CLAUSES = 8;

// Between clauses, behind a name, and at the end.
const FULL_WIDTH = ['；', '：', '。'];
const MARKS = { fr: [' ; ', ' : ', '.'], zh: FULL_WIDTH, ja: FULL_WIDTH };
const [BETWEEN, BEHIND_NAME, END] = MARKS[dictionary.tag.slice(0, 2)] ?? ['; ', ': ', '.'];
const told = new Map();
let clauses;

/** The sentence in the reader's language; as it is where it is not known. A quoted name may stand before it. */
export function retold(sentence) {
  if (!dictionary.told || !sentence || sentence.length > MAX_CHARACTERS) return sentence;
  if (!told.has(sentence)) told.set(sentence, retell(sentence));
  return told.get(sentence);
}

/** Where a passage stands, step by step. */
export function retoldPlace(location) {
  return location.split(' > ').map(retold).join(' > ');
}

function retell(sentence) {
  const named = sentence.match(NAMED);
  const rest = named ? sentence.slice(named[0].length) : sentence;
  const parts = inClauses(rest.trim().replace(/\.$/, '').split('; '));
  if (!parts) return sentence;
  let text = parts.join(BETWEEN);
  if (named || /^\p{Lu}/u.test(sentence)) text = text.charAt(0).toUpperCase() + text.slice(1);
  if (named) text = `${named[1]}${BEHIND_NAME}${text}`;
  return rest.endsWith('.') ? text + END : text;
}

function inClauses(parts) {
  if (!parts.length) return [];
  for (let count = 1; count <= Math.min(parts.length, MAX_CLAUSES); count += 1) {
    const first = clause(parts.slice(0, count).join('; '));
    const others = first === null ? null : inClauses(parts.slice(count));
    if (others) return [first, ...others];
  }
  return null;
}

function clause(text) {
  clauses ??= Object.entries(dictionary.told)
    .sort(([a], [b]) => ownWords(b) - ownWords(a))
    .map(([english, other]) => [pattern(english), other]);
  for (const [english, other] of clauses) {
    const found = english.exec(text);
    if (!found) continue;
    const values = { ...found.groups };
    // A provider has its name in every language; the library has not.
    if (values.who) values.who = dictionary.told[values.who] ?? values.who;
    return other.replace(/\{([a-z]+)\}/g, (_, name) => (name === 'error' ? retold(values[name]) : (values[name] ?? '')));
  }
  return null;
}

function ownWords(english) {
  return english.replace(/\{[a-z]+\}/g, '').length;
}

function pattern(english) {
  const source = english.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{([a-z]+)\}/g, (_, name) => place(name));
  return new RegExp(`^${source}$`, 'is');
}

function place(name) {
  return name === 'status' ? '(?<status>(?: \\([^()]{1,40}\\))?)' : `(?<${name}>.+?)`;
}
