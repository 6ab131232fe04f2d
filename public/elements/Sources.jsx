// The sources of a report as cards; opens the panel for a card or a citation; copies the report.
// Props: { turn, message, sources, suggestions, followUps }.
import { useEffect, useId, useRef, useState } from 'react';
import { useRecoilCallback, useRecoilState, useRecoilValue } from 'recoil';
import { elementState, messagesState, sideViewState } from '@chainlit/react-client';
import { Check, Copy, CornerDownRight, FileText, Globe, Quote, Search } from 'lucide-react';

const { t, words, components, sources: register } = window.rcUI;

const FIRST = 6;
const SAID_MS = 2500;

const keyOf = (message, source) => `rc-source-${message}-${source.number ?? source.url}`;

function sideView(message, source) {
  const key = keyOf(message, source);
  return {
    key,
    title: source.number ? t('source.number', { number: source.number }) : t('source'),
    elements: [{ id: key, type: 'custom', name: 'SourcePanel', display: 'side', forId: '', props: { source } }],
  };
}

/** Chainlit closes the side view whenever any element arrives: what a person opened is opened again at once. */
function KeepOpen({ view, setView }) {
  const elements = useRecoilValue(elementState);
  const known = useRef(elements);
  useEffect(() => {
    if (known.current === elements) return;
    known.current = elements;
    queueMicrotask(() => setView(view));
  }, [elements]);
  return null;
}

function Badge({ source, isWritten }) {
  const count = words.passages(source).length;
  if (isWritten && !source.cited) return <span className="rc-badge rc-quiet">{t('sources.not_cited')}</span>;
  if (!count) return <span className="rc-badge rc-quiet">{t('sources.no_passage')}</span>;
  return (
    <span className="rc-badge">
      <Quote aria-hidden="true" />
      {t('sources.passages', { count })}
    </span>
  );
}

function Card({ source, isWritten, isShown, onOpen }) {
  const Icon = words.isFile(source) ? FileText : Globe;
  return (
    <li>
      <button type="button" className="rc-card" aria-current={isShown || undefined} onClick={onOpen}>
        <span className="rc-card-place">
          {source.number ? <span className="rc-number">{source.number}</span> : null}
          <Icon aria-hidden="true" />
          <bdi className="rc-cut">{words.place(source)}</bdi>
        </span>
        <span className="rc-card-title" dir="auto">
          {source.title}
        </span>
        <span className="rc-card-foot">
          <Badge source={source} isWritten={isWritten} />
          {source.retrievedAt ? <span className="rc-badge rc-quiet">{words.retrieved(source)}</span> : null}
        </span>
      </button>
    </li>
  );
}

/** The report as Markdown with its sources, for a document elsewhere. */
function CopyReport({ message, sources }) {
  const [state, setState] = useState('ready');
  // Read when it is pressed: the messages change with every piece of a report that is being written.
  const read = useRecoilCallback(({ snapshot }) => async () => find(await snapshot.getPromise(messagesState), message)?.output ?? '', [message]);
  useEffect(() => {
    if (state === 'ready') return undefined;
    const timer = setTimeout(() => setState('ready'), SAID_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => setState((await words.copied(words.markdown(await read(), sources))) ? 'copied' : 'failed');
  const Icon = state === 'copied' ? Check : Copy;
  return (
    <button type="button" className="rc-copy" onClick={copy}>
      <Icon aria-hidden="true" />
      <span aria-live="polite">{t({ ready: 'sources.copy', copied: 'sources.copied', failed: 'sources.copy_refused' }[state])}</span>
    </button>
  );
}

function find(messages, id) {
  for (const message of messages) {
    const found = message.id === id ? message : find(message.steps ?? [], id);
    if (found) return found;
  }
  return null;
}

/** Google asks that these be shown with what was found by its search. */
function Suggestions({ list }) {
  const shown = list.filter((suggestion) => words.isGoogle(suggestion.url));
  if (!shown.length) return null;
  return (
    <div role="group" className="rc-suggestions" aria-label={t('sources.suggestions')}>
      <span className="rc-quiet">{t('sources.suggestions')}</span>
      <ul>
        {shown.map((suggestion) => (
          <li key={suggestion.url}>
            <a className="rc-chip rc-chip-link" href={suggestion.url} target="_blank" rel="noopener noreferrer">
              <Search aria-hidden="true" />
              <bdi className="rc-chip-name">{suggestion.text}</bdi>
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Questions to go on with. Only those of the last turn are shown (css/sources.css); pressed once, they are its past. */
function FollowUps({ list, ask }) {
  const id = useId();
  const isAsked = useRef(false);
  if (!list.length) return null;
  const press = (question) => {
    if (isAsked.current) return;
    isAsked.current = true;
    setTimeout(() => (isAsked.current = false), SAID_MS);
    ask(question);
    // The button is gone with the question it asks: whoever pressed it goes on where one writes.
    document.getElementById('chat-input')?.focus({ preventScroll: true });
  };
  return (
    <section className="rc-next" aria-labelledby={id}>
      <h2 id={id} className="rc-heading">
        {t('sources.next')}
      </h2>
      <ul>
        {list.map((question) => (
          <li key={question}>
            <button type="button" className="rc-follow-up" onClick={() => press(question)}>
              <CornerDownRight aria-hidden="true" />
              <span dir="auto">{question}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Citations in the text find their sources in the register (public/js/citations.js) and ask for the panel by an event. */
function useRegister(message, list, open) {
  useEffect(() => {
    register.set(message, new Map(list.filter((source) => source.number).map((source) => [source.number, source])));
    return () => register.delete(message);
  }, [message, list]);
  useEffect(() => {
    const onCite = ({ detail }) => {
      const source = detail.message === message && list.find((known) => known.number === detail.number);
      if (source) open(source);
    };
    window.addEventListener('rc:cite', onCite);
    return () => window.removeEventListener('rc:cite', onCite);
  }, [message, list]);
}

/** How many there are; what is cited is known when the report is there. */
function counted(cited, others) {
  if (!cited) return t('sources.found', { count: others });
  return t(others ? 'sources.cited_and_read' : 'sources.cited', { count: cited, more: others });
}

function Sources({ props, sendUserMessage }) {
  const { message, sources: list = [], suggestions = [], followUps = [] } = props;
  const [side, setSide] = useRecoilState(sideViewState);
  const [isWhole, setWhole] = useState(false);
  const open = (source) => setSide(sideView(message, source));
  useRegister(message, list, open);
  if (!list.length) return null;

  const cited = list.filter((source) => source.cited);
  const others = list.filter((source) => !source.cited);
  const all = [...cited, ...others];
  // What is cited is known when the report is there.
  const isWritten = cited.length > 0;
  const first = (cited.length ? cited : others).slice(0, FIRST);
  const isMine = side?.key?.startsWith(`rc-source-${message}-`);
  return (
    <div role="group" className="rc-sources" aria-label={t('sources')}>
      {isMine ? <KeepOpen view={side} setView={setSide} /> : null}
      <div className="rc-sources-head">
        <h2 className="rc-heading">
          {t('sources')}{' '}
          <span className="rc-quiet">
            {counted(cited.length, others.length)}
          </span>
        </h2>
        {isWritten ? <CopyReport message={message} sources={list} /> : null}
      </div>
      <ol className="rc-cards">
        {(isWhole ? all : first).map((source) => (
          <Card
            key={source.number ?? source.url}
            source={source}
            isWritten={isWritten}
            isShown={side?.key === keyOf(message, source)}
            onOpen={(event) => {
              window.rcUI.opener = event.currentTarget;
              open(source);
            }}
          />
        ))}
      </ol>
      {all.length > first.length ? (
        <button type="button" className="rc-more" aria-expanded={isWhole} onClick={() => setWhole(!isWhole)}>
          {isWhole ? t('sources.fewer') : t('sources.all', { count: all.length })}
        </button>
      ) : null}
      <Suggestions list={suggestions} />
      <FollowUps list={followUps} ask={sendUserMessage} />
    </div>
  );
}

// Chainlit evaluates this file again whenever its message context changes: the first component stays, and with it its state.
const Component = (components.Sources ??= Sources);

export default <Component props={props} sendUserMessage={sendUserMessage} />;
