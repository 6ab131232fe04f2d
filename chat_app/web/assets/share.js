// Keeps a shared conversation up to date. The page is complete without it; the server sends each changed turn as a whole.
(() => {
  const FIRST_DELAY = 2_000, LAST_DELAY = 60_000;
  const conversation = document.getElementById("conversation");
  const announcement = document.getElementById("announcement");
  let source = null, timer = 0, delay = FIRST_DELAY;

  function show({ id, html }) {
    const template = document.createElement("template");
    template.innerHTML = html; // made by the server from text that it has made safe, under a policy without inline scripts
    const fresh = template.content.firstElementChild;
    const known = document.getElementById(id);
    if (!known) {
      if (!document.querySelector(".turn")) conversation.replaceChildren();
      conversation.append(fresh);
    } else {
      for (const details of known.querySelectorAll("details")) {
        const isChosen = details.open !== (details.dataset.default === "open");
        const next = fresh.querySelector(`details[data-key="${details.dataset.key}"]`);
        if (isChosen && next) next.open = details.open;
      }
      const focused = known.contains(document.activeElement) ? document.activeElement : null;
      const same = focused && [...known.querySelectorAll(focused.localName)].indexOf(focused);
      known.replaceWith(fresh);
      if (focused) fresh.querySelectorAll(focused.localName)[same]?.focus({ preventScroll: true });
    }
    // The first word says the phase or the end; numbers that only count up are not read out.
    const word = fresh.dataset.state.split(" · ")[0];
    if (announcement.textContent !== word) announcement.textContent = word;
  }

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  async function retry() {
    disconnect();
    timer = setTimeout(connect, delay);
    delay = Math.min(delay * 2, LAST_DELAY);
    const answer = await fetch(location.pathname, { method: "HEAD" }).catch(() => null);
    if (answer?.status === 404) location.reload(); // the link has been withdrawn
  }

  function connect() {
    disconnect();
    if (document.hidden) return; // a browser has six connections to a server, for all of its tabs
    const seen = [...document.querySelectorAll(".turn")].map((turn) => turn.dataset.version).join(",");
    source = new EventSource(`${conversation.dataset.events}?seen=${seen}`);
    source.addEventListener("open", () => { delay = FIRST_DELAY; });
    source.addEventListener("turn", (event) => show(JSON.parse(event.data)));
    source.addEventListener("reload", () => { disconnect(); location.reload(); });
    source.addEventListener("error", retry);
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  connect();
})();
