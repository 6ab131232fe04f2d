// How figures and sources are put into words, in one place for elements and page.
const LIBRARY = 'library:';

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

export function duration(milliseconds) {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Time that still runs: whole seconds, so that the figure changes once a second. */
export function soFar(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds < 10 ? `${seconds} s` : duration(seconds * 1000);
}

/** Empty when there is nothing to pay. */
export function money(cost) {
  if (!cost) return '';
  if (cost.usd === null || cost.usd === undefined) return 'cost unknown';
  if (cost.usd > 0 && cost.usd < 0.005) return 'under $0.01';
  return `$${cost.usd.toFixed(2)}`;
}

export function tokens(cost) {
  const number = (n) => (n ?? 0).toLocaleString('en-US');
  return `${number(cost.inputTokens)} tokens read, ${number(cost.outputTokens)} written`;
}

export function isFile(source) {
  return source.url.startsWith(LIBRARY);
}

/** Where a source is, short: a site's name, or a file's path in the library. */
export function place(source) {
  return isFile(source) ? source.url.slice(LIBRARY.length) : source.host || source.url;
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
  if (isFile(source)) return 'Found word for word in the file';
  return passage.verbatim === false ? 'What the search service says of this page' : 'Quoted by the search service';
}
