// Links in what a model wrote. The server lets only those through that name their host (chat_app/transcript/inert.py);
// this is for text that its Markdown parser and the page's own should read differently.
import { on } from './page.js';

const CITATION = /^\[\d{1,4}\]$/;

on('.message-content .prose a[href]', check);

function check(link) {
  const address = link.getAttribute('href');
  const isCitation = CITATION.test(link.textContent);
  if (isCitation && address.startsWith('/rc/source/')) return;
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) return link.removeAttribute('href');
  const host = new URL(address).hostname.replace(/^www\./, '');
  const isNamed = isCitation || link.textContent.toLowerCase().includes(host) || /[^\x00-\x7f]/.test(link.textContent);
  if (!isNamed) link.dataset.host = host;
}
