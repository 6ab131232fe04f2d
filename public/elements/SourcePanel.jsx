// One source in the side panel: its passages word for word, where they stand, and the way to it. Props: { source }.
import { useEffect, useRef } from 'react';
import { useSetRecoilState } from 'recoil';
import { sideViewState } from '@chainlit/react-client';
import { ExternalLink, FileText, Quote } from 'lucide-react';

const { t, words, components } = window.rcUI;

function Passage({ passage, provenance, page }) {
  return (
    <figure className="rc-passage">
      <blockquote dir="auto">{passage.quote}</blockquote>
      <figcaption>
        <span className="rc-provenance">
          <Quote aria-hidden="true" />
          {provenance}
        </span>
        {passage.location ? (
          <bdi className="rc-location" title={t('panel.where')}>
            {words.retoldPlace(passage.location)}
          </bdi>
        ) : null}
        {page ? (
          <a className="rc-passage-link" href={page.url} target="_blank" rel="noopener">
            {page.label}
          </a>
        ) : null}
      </figcaption>
    </figure>
  );
}

function Way({ source }) {
  if (words.isFile(source)) {
    const page = words.textPage(source);
    return (
      <p className="rc-way">
        <FileText aria-hidden="true" />
        <span>
          {page ? (
            <a href={page.url} target="_blank" rel="noopener">
              {page.label}
            </a>
          ) : null}
          <bdi className="rc-path">{words.place(source)}</bdi>
          <span className="rc-small">{words.kindOfFile(source)}</span>
        </span>
      </p>
    );
  }
  return (
    <div className="rc-way">
      <ExternalLink aria-hidden="true" />
      <span>
        <a href={source.url} target="_blank" rel="noopener noreferrer">
          {t('panel.open')}
        </a>
        <bdi className="rc-path rc-small">{source.url}</bdi>
      </span>
    </div>
  );
}

/** Focus goes into the panel when it opens, and back to what opened it when it closes; Escape closes it. */
function usePanelFocus(source) {
  const heading = useRef(null);
  const setSide = useSetRecoilState(sideViewState);
  useEffect(() => {
    window.rcUI.panel = { number: source.number };
    window.dispatchEvent(new CustomEvent('rc:panel', { detail: window.rcUI.panel }));
    heading.current?.focus({ preventScroll: true });
  }, [source]);
  useEffect(() => {
    const onKey = (event) => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open], [role=dialog]')) setSide(undefined);
    };
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('keydown', onKey);
      window.rcUI.panel = null;
      window.dispatchEvent(new CustomEvent('rc:panel', { detail: null }));
      if (window.rcUI.opener?.isConnected) window.rcUI.opener.focus({ preventScroll: true });
    };
  }, []);
  return heading;
}

function SourcePanel({ props }) {
  const { source } = props;
  const heading = usePanelFocus(source);
  const passages = words.passages(source);
  return (
    <article className="rc-panel">
      <h3 ref={heading} tabIndex={-1} className="rc-panel-title" dir="auto">
        {source.title}
      </h3>
      <Way source={source} />
      {source.retrievedAt ? (
        <p className="rc-small">
          <time dateTime={new Date(source.retrievedAt).toISOString()}>{words.retrieved(source)}</time>
        </p>
      ) : null}
      {passages.length ? (
        <>
          <p className="rc-small">{t('sources.passages', { count: passages.length })}</p>
          {passages.map((passage, index) => (
            <Passage
              key={index}
              passage={passage}
              provenance={words.provenance(source, passage)}
              page={words.passagePage(source, index)}
            />
          ))}
        </>
      ) : (
        <p className="rc-quiet">{t('panel.no_passage')}</p>
      )}
    </article>
  );
}

// Chainlit evaluates this file again whenever its message context changes: the first component stays, and with it its state.
const Component = (components.SourcePanel ??= SourcePanel);

export default <Component props={props} />;
