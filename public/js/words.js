// How figures and sources are put into words, in one place for elements and page.
import { language, locale, number, t } from './language.js';
import { retold, retoldPlace } from './retelling.js';

export { retold, retoldPlace };

const LIBRARY = 'library:';
const ATTACHMENT = 'attachment:';

export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return t('time.seconds', { seconds: number(seconds, { minimumFractionDigits: 1, maximumFractionDigits: 1 }) });
  if (seconds < 60) return t('time.seconds', { seconds: Math.round(seconds) });
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return t('time.minutes', { minutes, seconds: Math.round(seconds) % 60 });
  return t('time.hours', { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Time that still runs: whole seconds, so that the figure changes once a second. */
export function soFar(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 10 ? t('time.seconds', { seconds }) : duration(seconds * 1000);
}

/** Empty when nothing is known of it. A part whose price is unknown never counts as nothing. */
export function money(cost) {
  if (!cost) return '';
  if (cost.usd !== null && cost.usd !== undefined) return dollars(cost.usd);
  return cost.knownUsd ? t('money.at_least', { usd: dollars(cost.knownUsd) }) : t('money.unknown');
}

function dollars(usd) {
  if (usd === 0) return t('money.free');
  return usd < 0.01 ? t('money.below', { usd: inDollars(0.01, 2) }) : inDollars(usd, 2);
}

function inDollars(usd, digits) {
  return number(usd, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', maximumFractionDigits: digits });
}

/** To the last digit that is known, for who points at a rounded figure. */
export function exactMoney(cost) {
  const usd = cost?.usd ?? cost?.knownUsd;
  return usd ? inDollars(usd, 6) : undefined;
}

export function count(figure) {
  return number(figure ?? 0);
}

/** What several turns cost together. */
export function conversationCost(costs) {
  const unknown = costs.filter((cost) => cost.usd === null || cost.usd === undefined).length;
  const known = costs.reduce((sum, cost) => sum + (cost.usd ?? cost.knownUsd ?? 0), 0);
  if (!unknown) return dollars(known);
  if (!known) return t('money.unknown');
  return t('money.partly', { usd: dollars(known), count: unknown });
}

const AGENTS = ['planner', 'searcher', 'analyst'];

export function agent(name) {
  return AGENTS.includes(name) ? t(`agent.${name}`) : name;
}

// Steps are stored with English names; here they are drawn.
const PHASES = ['Starting', 'Planning', 'Searching', 'Analyzing'];

export function phase(name) {
  return PHASES.includes(name) ? t(`phase.${name.toLowerCase()}`) : name;
}

const FAILURES = {
  settings: 'settings',
  web_search_unusable: 'settings',
  limit: 'limit',
  refused: 'refused',
  answer_cut: 'answer',
  empty_answer: 'answer',
  unusable_answer: 'answer',
  internal: 'internal',
  lost: 'internal',
};

/** Why a turn failed, in the reader's language, before the details; empty where the details can be told in that language. */
export function failure(error) {
  return language === 'en' || retold(error.message) !== error.message ? '' : t(`failure.${FAILURES[error.kind] ?? 'provider'}`);
}

/** Who a view waits for now, each once: since when, until when, and for which reasons. */
export function waits(view) {
  if (view.end) return [];
  const searches = view.searches.map((search) => search.waiting).filter(Boolean);
  const isOfSearch = view.waiting && searches.some((wait) => wait.on === view.waiting.on && wait.since === view.waiting.since);
  const known = new Map();
  for (const wait of [...searches, ...(view.waiting && !isOfSearch ? [view.waiting] : [])]) {
    const before = known.get(wait.on) ?? { ...wait, reasons: [] };
    known.set(wait.on, {
      on: wait.on,
      since: Math.min(before.since, wait.since),
      until: before.until && wait.until ? Math.min(before.until, wait.until) : null,
      reasons: [...new Set([...before.reasons, reason(wait.reason)])],
    });
  }
  return [...known.values()];
}

/** "Waiting for Gemini, 12 s", with the next try where it is announced. */
export function waiting(wait, now) {
  if (!wait.until) return t('wait', { on: wait.on, time: soFar(now - wait.since) });
  const left = Math.ceil((wait.until - now) / 1000);
  return left > 0 ? t('wait.next', { on: wait.on, time: soFar(left * 1000) }) : t('wait.now', { on: wait.on });
}

/** Why it waits, or who took over: without the advice to try again, for that is being done. */
export function reason(text) {
  return retold(sentence(text.replace(/;[^;]*\btry again\b[^;]*(?=;|$)/, '')));
}

export function sentence(text) {
  const whole = text.trim();
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

/** In the reader's own time zone and way of writing dates. */
export function moment(milliseconds) {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(milliseconds);
}

/** Empty for a source from before this was noted. */
export function retrieved(source) {
  return source.retrievedAt ? t('time.retrieved', { moment: moment(source.retrievedAt) }) : '';
}

/** Whether an address is one of Google's own, and nothing that only looks like it. */
export function isGoogle(address) {
  try {
    const { protocol, hostname } = new URL(address);
    return protocol === 'https:' && /^(?:[a-z0-9-]+\.)*google\.com$/.test(hostname);
  } catch {
    return false;
  }
}

export function isFile(source) {
  return source.url.startsWith(LIBRARY) || isAttached(source);
}

function isAttached(source) {
  return source.url.startsWith(ATTACHMENT);
}

/** Whose file it is, in a few words. */
export function kindOfFile(source) {
  return t(isAttached(source) ? 'panel.attached' : 'panel.file');
}

/** Where a file's text is shown, with the way to each passage; nothing for a source without a number. */
export function textPage(source) {
  return source.page ? { url: source.page, label: t('panel.open_text') } : null;
}

export function passagePage(source, index) {
  if (!source.page) return null;
  const key = passages(source)[index]?.key;
  return { url: key ? `${source.page}?of=${key}` : source.page, label: t('panel.show_text') };
}

/** Where a source is, short: a site's name, a file's path in the library, or the name of an attached file. */
export function place(source) {
  return isFile(source) ? source.url.slice(source.url.indexOf(':') + 1) : source.host || source.url;
}

export function fileName(source) {
  return place(source).split('/').pop();
}

/** All passages of a source; the one it was cited for when it came without a list. */
export function passages(source) {
  if (source.passages?.length) return source.passages;
  return source.quote ? [{ quote: source.quote, location: source.location }] : [];
}

/** Whose words a passage is. A search service may give its own words about a page instead of the page's. */
export function provenance(source, passage) {
  if (isFile(source)) return t('panel.word_for_word');
  return t(passage.verbatim === false ? 'panel.described' : 'panel.quoted');
}

const CODE = /(```[\s\S]*?(?:```|$)|~~~[\s\S]*?(?:~~~|$)|`+[^`\n]+`+)/;

/** A report as Markdown for elsewhere: its citations as plain [3], and below it what they stand for. */
export function markdown(text, sources) {
  const parts = text.split(CODE).map((part, index) => (index % 2 ? part : plainCitations(part)));
  const list = sources.filter((source) => source.cited && source.number).map(listed);
  return [parts.join('').trim(), ...(list.length ? [`## ${t('sources')}`, list.join('\n')] : [])].join('\n\n') + '\n';
}

/** What our own links and escapes stand for (chat_app/transcript/citations.py). */
function plainCitations(prose) {
  return prose.replace(/\[\\\[(\d{1,4})\\\]\]\([^()\s]*\)/g, '[$1]').replace(/\\(:(?=\p{L})|!(?=\[))/gu, '$1');
}

function listed(source) {
  const where = isFile(source) ? place(source) : source.url;
  const when = source.retrievedAt ? ` ${t('time.retrieved_later', { moment: moment(source.retrievedAt) })}` : '';
  return `- [${source.number}] ${source.title}: ${where}${when}`;
}

/** Whether the text is on the clipboard now. Without https a browser has no clipboard, but still the old command. */
export async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.body.appendChild(document.createElement('textarea'));
    area.value = text;
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}
