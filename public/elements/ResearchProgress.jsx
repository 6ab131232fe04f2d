// A turn as it runs and as it went: phases, searches, sources, waiting, cost, Stop. Props: { turn, view }.
// Live views come through window.rcUI.progress (public/js/progress.js); the stored one is in the props.
import { useEffect, useId, useState } from 'react';
import { Ban, Check, ChevronDown, Circle, Clock, FileText, LoaderCircle, MessageCircleQuestion, SearchX, Square, TriangleAlert, X } from 'lucide-react';
import { useChatMessages } from '@chainlit/react-client';

const { words, progress, components, setThread } = window.rcUI;

const CHIPS = 6;
const STOP_PATIENCE_MS = 8000;

const MARK = {
  running: [LoaderCircle, 'rc-mark-running', 'running'],
  waiting: [Clock, 'rc-mark-waiting', 'waiting'],
  done: [Check, 'rc-mark-done', 'done'],
  failed: [X, 'rc-mark-failed', 'failed'],
  stopped: [Ban, 'rc-mark-quiet', 'stopped'],
  queued: [Circle, 'rc-mark-quiet', 'not started'],
};

const END = {
  report_ready: { title: 'Researched' },
  answer_ready: { title: 'Answered from sources already found' },
  clarification_asked: { title: 'Asked back', icon: MessageCircleQuestion },
  no_evidence: { title: 'Found no evidence', icon: SearchX },
  turn_failed: { title: 'Could not finish' },
  turn_stopped: { title: 'Stopped' },
};

function useNow(isTicking) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!isTicking) return undefined;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return now;
}

function Mark({ state, icon }) {
  const [Icon, tone, label] = MARK[state] ?? MARK.queued;
  const Drawn = icon ?? Icon;
  return <Drawn className={`rc-mark ${tone}`} role="img" aria-label={label} />;
}

function Time({ part, now }) {
  if (!part.startedAt) return null;
  const time = part.endedAt ? words.duration(part.endedAt - part.startedAt) : words.soFar(now - part.startedAt);
  return <span className="rc-time">{time}</span>;
}

function waitingWords(wait, now) {
  const why = `Waiting for ${wait.on}: ${wait.reason.replace(/[.\s]+$/, '')}.`;
  if (!wait.until) return `${why} ${words.soFar(now - wait.since)} so far.`;
  const left = Math.ceil((wait.until - now) / 1000);
  return left > 0 ? `${why} Next try in ${words.soFar(left * 1000)}.` : `${why} Trying again now.`;
}

// Under a finger, links that still move are only text.
const isTouch = window.matchMedia('(pointer: coarse)').matches;

function Chip({ source, isSettled }) {
  const number = source.number ? <span className="rc-chip-number">{source.number}</span> : null;
  if (words.isFile(source)) {
    return (
      <span className="rc-chip" title={words.place(source)}>
        {number}
        <FileText aria-hidden="true" />
        <bdi className="rc-chip-name">{words.fileName(source)}</bdi>
      </span>
    );
  }
  if (isTouch && !isSettled) {
    return (
      <span className="rc-chip">
        {number}
        <bdi className="rc-chip-name">{words.place(source)}</bdi>
      </span>
    );
  }
  return (
    <a className="rc-chip rc-chip-link" href={source.url} target="_blank" rel="noopener noreferrer" title={source.title}>
      {number}
      <bdi className="rc-chip-name">{words.place(source)}</bdi>
    </a>
  );
}

function Chips({ sources, isSettled }) {
  const [isWhole, setWhole] = useState(false);
  if (!sources.length) return null;
  const shown = isWhole ? sources : sources.slice(0, CHIPS);
  return (
    <ul className="rc-chips" aria-label="Sources found">
      {shown.map((source) => (
        <li key={source.url}>
          <Chip source={source} isSettled={isSettled} />
        </li>
      ))}
      {shown.length < sources.length ? (
        <li>
          <button type="button" className="rc-chip rc-chip-link" onClick={() => setWhole(true)}>
            {sources.length - CHIPS} more
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function Search({ search, now, isOver }) {
  return (
    <li className="rc-search" data-state={search.state}>
      <Mark state={search.state} />
      <div className="rc-search-body">
        <div className="rc-line">
          <span className="rc-query" dir="auto">
            {search.query}
          </span>
          <Time part={search} now={now} />
        </div>
        {isOver && search.purpose ? (
          <p className="rc-small" dir="auto">
            {search.purpose}
          </p>
        ) : null}
        {search.waiting ? <p className="rc-small rc-warn">{waitingWords(search.waiting, now)}</p> : null}
        {search.error ? (
          <p className="rc-small rc-bad" dir="auto">
            {search.error} <span className="rc-quiet">Not counted as evidence.</span>
          </p>
        ) : null}
        <Chips sources={search.sources} isSettled={isOver} />
      </div>
    </li>
  );
}

function Phase({ phase, searches, now, isOver }) {
  return (
    <li className="rc-phase" data-state={phase.state}>
      <div className="rc-phase-head">
        <Mark state={phase.state} />
        <span className="rc-phase-name">{phase.label}</span>
        <Time part={phase} now={now} />
      </div>
      {phase.note ? (
        <p className="rc-small rc-phase-note" dir="auto">
          {phase.note}
        </p>
      ) : null}
      {searches.length ? (
        <ul className="rc-searches">
          {searches.map((search, index) => (
            <Search key={index} search={search} now={now} isOver={isOver} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

function Stop({ turn, callAction }) {
  const [state, setState] = useState('ready');
  const stop = async () => {
    setState('asked');
    const patience = new Promise((done) => setTimeout(done, STOP_PATIENCE_MS));
    try {
      const answer = await callAction({ name: 'rc_stop', payload: { turn } });
      if (!answer?.success) throw new Error('refused');
      await patience; // The card's own end takes this button away; if it does not come, offer it again.
      setState('ready');
    } catch {
      setState('failed');
    }
  };
  return (
    <div className="rc-stop">
      <button type="button" className="rc-pill" disabled={state === 'asked'} onClick={stop}>
        <Square aria-hidden="true" />
        {state === 'asked' ? 'Stopping' : 'Stop'}
      </button>
      {state === 'failed' ? (
        <p role="alert" className="rc-small rc-bad">
          The server did not answer. Try again.
        </p>
      ) : null}
    </div>
  );
}

function Failure({ error }) {
  return (
    <div className="rc-failure">
      <TriangleAlert aria-hidden="true" />
      <div>
        <p dir="auto">{error.message}</p>
        {error.retryable ? <p>What was found is kept. Ask again to go on.</p> : null}
      </div>
    </div>
  );
}

/** What is said beside the title: counts, time and cost, as far as there is something to say. */
function facts(view, now) {
  const isOver = view.state !== 'running';
  const all = view.searches.length;
  const failed = view.searchesFailed ? ` (${view.searchesFailed} failed)` : '';
  const ended = view.searchesDone + view.searchesFailed;
  const searches = (ended < all ? `${ended} of ` : '') + words.plural(all, 'search', 'searches') + failed;
  const time = isOver ? words.duration((view.endedAt ?? now) - view.startedAt) : words.soFar(now - view.startedAt);
  return [
    all ? searches : '',
    view.sourceCount ? words.plural(view.sourceCount, 'source') : '',
    view.startedAt ? time : '',
    words.money(view.cost),
  ].filter(Boolean);
}

/** Open while it searches; folded once the report needs the room; open when it failed or was cut. A person's choice stays. */
function useFold(view) {
  const [chosen, setChosen] = useState(null);
  const isWriting = view.phases.some((phase) => phase.id === 'analyzing' && phase.state !== 'queued');
  const byItself = view.state === 'failed' || (view.state !== 'done' && !isWriting);
  const isOpen = chosen ?? byItself;
  return [isOpen, () => setChosen(!isOpen)];
}

function useView(turn, stored) {
  const [, setReceived] = useState(null);
  useEffect(() => progress.subscribe(turn, setReceived), [turn]);
  return progress.newest(turn, stored);
}

function Details({ id, view, now }) {
  const isOver = view.state !== 'running';
  const phases = view.phases.filter((phase) => !isOver || phase.state !== 'queued');
  return (
    <div id={id} className="rc-details">
      <ol className="rc-phases">
        {phases.map((phase) => (
          <Phase key={phase.id} phase={phase} now={now} isOver={isOver} searches={phase.id === 'searching' ? view.searches : []} />
        ))}
      </ol>
      {isOver && view.cost ? <p className="rc-small rc-tokens">{words.tokens(view.cost)}</p> : null}
    </div>
  );
}

function ResearchProgress({ props, callAction }) {
  const view = useView(props.turn, props.view);
  const { threadId } = useChatMessages();
  const id = useId();
  const isOver = view.state !== 'running';
  const now = useNow(!isOver);
  const [isOpen, toggle] = useFold(view);
  useEffect(() => setThread(threadId), [threadId]);

  const end = END[view.end] ?? {};
  const title = isOver ? (end.title ?? 'Researched') : view.label;
  const isShownBelow = isOpen && view.searches.some((search) => search.waiting);
  const isStuck = view.waiting && !isOver && !view.searches.some((search) => search.state === 'running');
  return (
    <section className="rc-progress" aria-label="How this was researched" data-rc-state={view.state} data-rc-end={view.end ?? ''}>
      <div className="rc-head">
        <button type="button" className="rc-fold" aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
          <Mark state={isStuck ? 'waiting' : view.state} icon={end.icon} />
          <span className="rc-summary">
            <strong>{title}</strong>
            {facts(view, now).map((fact, index) => (
              <span key={index} className="rc-fact">
                {fact}
              </span>
            ))}
          </span>
          <ChevronDown className="rc-chevron" aria-hidden="true" />
        </button>
        {isOver ? null : <Stop turn={props.turn} callAction={callAction} />}
      </div>
      {view.waiting && !isOver && !isShownBelow ? <p className="rc-notice rc-warn">{waitingWords(view.waiting, now)}</p> : null}
      {view.error ? <Failure error={view.error} /> : null}
      {isOpen ? <Details id={id} view={view} now={now} /> : null}
    </section>
  );
}

// Chainlit evaluates this file again whenever its message context changes: the first component stays, and with it its state.
const Component = (components.ResearchProgress ??= ResearchProgress);

export default <Component props={props} callAction={callAction} />;
