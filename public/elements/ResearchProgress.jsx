// A turn as it runs and as it went: phases, searches, sources, waiting, cost, Stop, Try again. Props: { turn, view }.
// Live views come through window.rcUI.progress (public/js/progress.js); the stored one is in the props.
import { useEffect, useId, useRef, useState } from 'react';
import { useRecoilValue } from 'recoil';
import {
  ArrowRightLeft,
  Ban,
  Bell,
  BellRing,
  Check,
  ChevronDown,
  Circle,
  Clock,
  FileText,
  ListChecks,
  LoaderCircle,
  MessageCircleQuestion,
  RotateCcw,
  SearchX,
  Square,
  TriangleAlert,
  X,
} from 'lucide-react';
import { currentThreadIdState } from '@chainlit/react-client';

const { t, words, progress, costs, components, showThread, notices } = window.rcUI;

const CHIPS = 6;
const PATIENCE_MS = 8000;
const KEPT_MS = 150;

// What stands in a phase until there is more to say, so that saying it moves nothing.
const DOING = { planning: t('phase.planning.doing'), analyzing: t('phase.analyzing.doing') };

const MARK = {
  running: [LoaderCircle, 'rc-mark-running'],
  waiting: [Clock, 'rc-mark-waiting'],
  done: [Check, 'rc-mark-done'],
  failed: [X, 'rc-mark-failed'],
  stopped: [Ban, 'rc-mark-quiet'],
  queued: [Circle, 'rc-mark-quiet'],
};

const END_ICON = { clarification_asked: MessageCircleQuestion, no_evidence: SearchX };

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
  const known = MARK[state] ? state : 'queued';
  const [Icon, tone] = MARK[known];
  const Drawn = icon ?? Icon;
  return <Drawn className={`rc-mark ${tone}`} role="img" aria-label={t(`state.${known}`)} />;
}

/** What a retry has taken over took no time of its own. */
function Time({ part, isRetry, now }) {
  if (!part.startedAt) return null;
  const took = part.endedAt - part.startedAt;
  const isKept = isRetry && part.state === 'done' && took < KEPT_MS;
  const time = isKept ? t('card.kept') : part.endedAt ? words.duration(took) : words.soFar(now - part.startedAt);
  return <span className="rc-time">{time}</span>;
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
    <ul className="rc-chips" aria-label={t('card.sources_found')}>
      {shown.map((source) => (
        <li key={source.url}>
          <Chip source={source} isSettled={isSettled} />
        </li>
      ))}
      {shown.length < sources.length ? (
        <li>
          <button type="button" className="rc-chip rc-chip-link" onClick={() => setWhole(true)}>
            {t('card.more', { count: sources.length - CHIPS })}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

/** One line, like the one whose place it takes. */
function Waiting({ wait, now }) {
  return (
    <p className="rc-small rc-cut rc-warn" title={words.reason(wait.reason)}>
      {words.waiting(wait, now)}
    </p>
  );
}

function Search({ search, isRetry, now, isOver }) {
  return (
    <li className="rc-search" data-state={search.state}>
      <Mark state={search.state} />
      <div className="rc-search-body">
        <div className="rc-line">
          <span className="rc-query" dir="auto">
            {search.query}
          </span>
          <Time part={search} isRetry={isRetry} now={now} />
        </div>
        {search.waiting ? (
          <Waiting wait={search.waiting} now={now} />
        ) : search.purpose ? (
          <p className={`rc-small ${isOver ? '' : 'rc-cut'}`} dir="auto">
            {search.purpose}
          </p>
        ) : null}
        {search.error ? (
          <p className="rc-small rc-bad" dir="auto">
            {words.retold(search.error)} <span className="rc-quiet">{t('card.not_counted')}</span>
          </p>
        ) : null}
        <Chips sources={search.sources} isSettled={isOver} />
      </div>
    </li>
  );
}

function Phase({ phase, searches, isWaiting, isRetry, now, isOver }) {
  const isRunning = phase.state === 'running';
  const note = phase.note ?? (isRunning ? DOING[phase.id] : null);
  return (
    <li className="rc-phase" data-state={phase.state}>
      <div className="rc-phase-head">
        <Mark state={isRunning && isWaiting ? 'waiting' : phase.state} />
        <span className="rc-phase-name">{words.phase(phase.label)}</span>
        <Time part={phase} isRetry={isRetry} now={now} />
      </div>
      {note ? (
        <p className={`rc-small ${isRunning && !phase.note ? 'rc-cut' : ''}`} dir="auto">
          {note}
        </p>
      ) : null}
      {searches.length ? (
        <ul className="rc-searches">
          {searches.map((search, index) => (
            <Search key={index} search={search} isRetry={isRetry} now={now} isOver={isOver} />
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** A button whose press the card itself answers, by taking it away; if that does not come, it is offered again. */
function useAction(name, turn, callAction) {
  const [state, setState] = useState('ready');
  const isHere = useRef(true);
  useEffect(() => () => void (isHere.current = false), []);
  const settle = (next) => isHere.current && setState(next);
  const press = async () => {
    if (state === 'asked') return;
    setState('asked');
    try {
      const answer = await callAction({ name, payload: { turn } });
      if (!answer?.success) throw new Error('refused');
      if (answer.response?.begun === false) return settle('ready'); // a notice of the server has said why
      setTimeout(() => settle('ready'), PATIENCE_MS);
    } catch {
      settle('failed');
    }
  };
  return [state, press];
}

function NoAnswer() {
  return (
    <p role="alert" className="rc-small rc-bad">
      {t('card.no_answer')}
    </p>
  );
}

function Stop({ turn, callAction }) {
  const [state, stop] = useAction('rc_stop', turn, callAction);
  return (
    <div className="rc-stop">
      <button type="button" className="rc-pill" disabled={state === 'asked'} onClick={stop}>
        <Square aria-hidden="true" />
        {t(state === 'asked' ? 'card.stopping' : 'card.stop')}
      </button>
      {state === 'failed' ? <NoAnswer /> : null}
    </div>
  );
}

/** A notification of the browser at the end, for who is elsewhere then. The title of the tab says it without this. */
function Tell() {
  const [state, setState] = useState(notices.state());
  const [isBlocked, setBlocked] = useState(false);
  if (state === 'none' || (state === 'blocked' && !isBlocked)) return null;
  if (state === 'blocked') {
    return (
      <p role="status" className="rc-small rc-tell-blocked">
        {t('tell.blocked')}
      </p>
    );
  }
  const press = async () => {
    const next = await notices.toggle();
    setState(next);
    setBlocked(next === 'blocked');
  };
  const Icon = state === 'on' ? BellRing : Bell;
  return (
    <button type="button" className="rc-pill rc-tell" aria-pressed={state === 'on'} aria-label={t(`tell.${state}`)} title={t(`tell.${state}`)} onClick={press}>
      <Icon aria-hidden="true" />
    </button>
  );
}

function Failure({ error, turn, callAction }) {
  const [state, retry] = useAction('rc_retry', turn, callAction);
  const isAsked = state === 'asked';
  return (
    <div className="rc-failure">
      <TriangleAlert aria-hidden="true" />
      <div>
        {words.failure(error) ? <p>{words.failure(error)}</p> : null}
        <p dir="auto">{words.retold(error.message)}</p>
        <p>{t('failure.kept')}</p>
        {/* Not `disabled`: the focus would be lost before the card has changed. */}
        <button type="button" className="rc-pill rc-pill-primary rc-retry" aria-disabled={isAsked} onClick={retry}>
          <RotateCcw aria-hidden="true" />
          {t(isAsked ? 'card.retrying' : 'card.retry')}
        </button>
        {state === 'failed' ? <NoAnswer /> : null}
      </div>
    </div>
  );
}

/** What must be known whether the card is open or not: why it waits, and who took over from whom. */
function Notices({ waits, replacements, rewriting }) {
  const reasons = waits.flatMap((wait) => wait.reasons);
  if (!reasons.length && !replacements.length && !rewriting) return null;
  return (
    <ul className="rc-notices">
      {rewriting ? (
        <li>
          <ListChecks aria-hidden="true" />
          <span>{t(`rewriting.${rewriting}`)}</span>
        </li>
      ) : null}
      {reasons.map((reason) => (
        <li key={reason} className="rc-warn">
          <Clock aria-hidden="true" />
          <span dir="auto">{reason}</span>
        </li>
      ))}
      {replacements.map((sentence) => (
        <li key={sentence}>
          <ArrowRightLeft aria-hidden="true" />
          <span dir="auto">{words.reason(sentence)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Costs by agent, and on the last card of the page those of all. */
function Costs({ cost, conversation }) {
  const row = (name, used) => (
    <tr key={name}>
      <th scope="row">{name}</th>
      <td>{words.count(used.inputTokens)}</td>
      <td>{words.count(used.outputTokens)}</td>
      <td>{words.count(used.searches)}</td>
      <td title={words.exactMoney(used)}>{words.money(used)}</td>
    </tr>
  );
  return (
    <div className="rc-costs">
      {cost ? (
        <table>
          <caption className="rc-hidden">{t('cost.caption')}</caption>
          <thead>
            <tr>
              {['step', 'read', 'written', 'searches', 'cost'].map((title) => (
                <th key={title} scope="col">
                  {t(`cost.${title}`)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>{(cost.agents ?? []).map((used) => row(words.agent(used.name), used))}</tbody>
          {cost.agents?.length === 1 ? null : <tfoot>{row(t('cost.all'), cost)}</tfoot>}
        </table>
      ) : null}
      {conversation ? <p className="rc-small rc-conversation">{t('cost.conversation', { cost: conversation })}</p> : null}
    </div>
  );
}

/** What is said beside the title: counts, time and cost, as far as there is something to say. */
function facts(view, now) {
  const isOver = view.state !== 'running';
  const all = view.searches.length;
  const failed = view.searchesFailed ? ` ${t('card.failed', { count: view.searchesFailed })}` : '';
  const done = view.searchesDone + view.searchesFailed;
  const searches = t(done < all ? 'card.searches_of' : 'card.searches', { done, count: all }) + failed;
  const time = isOver ? words.duration((view.endedAt ?? now) - view.startedAt) : words.soFar(now - view.startedAt);
  return [
    { text: all ? searches : '' },
    { text: view.sourceCount ? t('card.sources', { count: view.sourceCount }) : '' },
    { text: view.startedAt ? time : '' },
    { text: words.money(view.cost), title: words.exactMoney(view.cost) },
  ].filter((fact) => fact.text);
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

/** What all turns of the page cost, for the last of their cards; empty for the others. */
function useConversationCost(card, cost) {
  const key = useRef({}).current;
  const [sum, setSum] = useState('');
  useEffect(() => {
    const add = () => {
      const isLast = [...document.querySelectorAll('.rc-progress')].pop() === card.current;
      const all = isLast ? costs.all() : [];
      setSum(all.length ? words.conversationCost(all) : '');
    };
    const leave = costs.subscribe(add);
    return () => {
      leave();
      costs.remove(key);
    };
  }, []);
  useEffect(() => costs.set(key, cost), [cost]);
  return sum;
}

/** Stop and Try again take away the button that was pressed: who pressed it stays in the card. */
function useFocusAfterPress(card, turn, state) {
  const known = useRef(`${turn} ${state}`);
  useEffect(() => {
    const now = `${turn} ${state}`;
    if (known.current === now) return;
    known.current = now;
    if (card.current?.dataset.rcPressed && [null, document.body].includes(document.activeElement)) {
      card.current.querySelector('.rc-fold').focus({ preventScroll: true });
    }
    delete card.current?.dataset.rcPressed;
  }, [turn, state]);
}

function Details({ id, view, isWaiting, conversation, isRetry, now }) {
  const isOver = view.state !== 'running';
  const phases = view.phases.filter((phase) => !isOver || phase.state !== 'queued');
  return (
    <div id={id} className="rc-details">
      <ol className="rc-phases">
        {phases.map((phase) => (
          <Phase
            key={phase.id}
            phase={phase}
            now={now}
            isOver={isOver}
            isRetry={isRetry}
            isWaiting={isWaiting}
            searches={phase.id === 'searching' ? view.searches : []}
          />
        ))}
      </ol>
      {view.cost || conversation ? <Costs cost={view.cost} conversation={conversation} /> : null}
    </div>
  );
}

function isStuck(view, waits) {
  return waits.length > 0 && !view.searches.some((search) => search.state === 'running');
}

/** The line that stays when all else is folded. */
function Summary({ view, waits, now }) {
  const isOver = view.state !== 'running';
  const [first, ...others] = isStuck(view, waits) ? waits : [null, ...waits];
  const title = first ? words.waiting(first, now) : isOver ? t(`end.${view.end ?? 'report_ready'}`) : words.phase(view.label);
  const replacements = view.replacements ?? [];
  return (
    <>
      <Mark state={first ? 'waiting' : view.state} icon={END_ICON[view.end]} />
      <span className="rc-summary">
        <strong className={first ? 'rc-warn' : ''}>{title}</strong>
        {facts(view, now).map((fact, index) => (
          <span key={index} className="rc-fact" title={fact.title}>
            {fact.text}
          </span>
        ))}
        {others.map((wait) => (
          <span key={wait.on} className="rc-fact rc-warn">
            {words.waiting(wait, now)}
          </span>
        ))}
        {replacements.length ? (
          <span className="rc-fact rc-replaced" title={replacements.map(words.reason).join(' ')}>
            <ArrowRightLeft aria-hidden="true" />
            {t('card.replaced', { count: replacements.length })}
          </span>
        ) : null}
      </span>
    </>
  );
}

function ResearchProgress({ props, callAction }) {
  const view = useView(props.turn, props.view);
  const threadId = useRecoilValue(currentThreadIdState);
  const card = useRef(null);
  const id = useId();
  const isOver = view.state !== 'running';
  const now = useNow(!isOver);
  const [isOpen, toggle] = useFold(view);
  const conversation = useConversationCost(card, view.cost);
  useFocusAfterPress(card, props.turn, view.state);
  useEffect(() => showThread(threadId), [threadId]);

  const waits = words.waits(view);
  const replacements = isOpen ? (view.replacements ?? []) : [];
  return (
    <div
      ref={card}
      role="group"
      className="rc-progress"
      aria-label={t('card.label')}
      data-rc-state={view.state}
      data-rc-end={view.end ?? ''}
      onClickCapture={(event) => event.target.closest('.rc-retry, .rc-stop button') && (card.current.dataset.rcPressed = '1')}
    >
      <div className="rc-head">
        <button type="button" className="rc-fold" aria-expanded={isOpen} aria-controls={id} onClick={toggle}>
          <Summary view={view} waits={waits} now={now} />
          <ChevronDown className="rc-chevron" aria-hidden="true" />
        </button>
        {isOver ? null : <Tell />}
        {isOver ? null : <Stop turn={props.turn} callAction={callAction} />}
      </div>
      {view.error ? <Failure key={props.turn} error={view.error} turn={props.turn} callAction={callAction} /> : null}
      {isOpen ? (
        <Details id={id} view={view} isWaiting={isStuck(view, waits)} conversation={conversation} isRetry={/:[1-9]\d*$/.test(props.turn)} now={now} />
      ) : null}
      <Notices waits={waits} replacements={replacements} rewriting={view.rewriting} />
    </div>
  );
}

// Chainlit evaluates this file again whenever its message context changes: the first component stays, and with it its state.
const Component = (components.ResearchProgress ??= ResearchProgress);

export default <Component props={props} callAction={callAction} />;
