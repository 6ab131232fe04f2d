// The sentences of the page in the language that the server has chosen for this browser (chat_app/web/page_language.py).
// A static import: nothing of the page begins before its words are there, and only one language is fetched.
import dictionary from '/rc/language.js';

const PLACEHOLDER = /\{([a-z]+)\}/g;

export const language = dictionary.tag;

/** For numbers and times: the reader's own region, where it is one of the page's language. */
export const locale = navigator.languages?.find((each) => primary(each) === primary(language)) ?? language;

const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(locale);

/** The sentence of that key, with {values} put in; a `count` also chooses between its plural forms. */
export function t(key, values = {}) {
  const known = dictionary.words[key] ?? key;
  const sentence = typeof known === 'string' ? known : (known[plurals.select(values.count)] ?? known.other);
  return sentence.replace(PLACEHOLDER, (whole, name) => {
    const value = values[name];
    return value === undefined ? whole : typeof value === 'number' ? numbers.format(value) : value;
  });
}

export function number(value, options) {
  return new Intl.NumberFormat(locale, options).format(value);
}

function primary(tag) {
  return tag.split('-')[0].toLowerCase();
}
