// Keeps the library page up to date and filters as one types. The page works without it.
(() => {
  const BUSY_MS = 1_000, IDLE_MS = 5_000, TYPING_MS = 250;
  const part = document.getElementById("part");
  const announcement = document.getElementById("announcement");
  const filter = document.getElementById("filter");
  const reindex = document.getElementById("reindex");
  let timer = 0, seen = "", asked = 0;

  const isBusy = () => document.getElementById("progress")?.dataset.busy === "yes";

  function say(sentence) {
    if (announcement.textContent !== sentence) announcement.textContent = sentence;
  }

  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    const mine = ++asked;
    const query = new URLSearchParams(location.search);
    query.set("seen", seen);
    try {
      const answer = await fetch(`/library/part?${query}`);
      if (answer.status === 401) return location.reload(); // signed out
      if (mine !== asked) return; // an older answer than the one that is on its way
      if (answer.status === 200) show(await answer.text(), answer.headers.get("X-Version"));
      else if (answer.status !== 204) throw new Error(answer.statusText);
      if (announcement.textContent === announcement.dataset.offline) say("");
    } catch {
      say(announcement.dataset.offline);
    }
    timer = setTimeout(look, isBusy() ? BUSY_MS : IDLE_MS);
  }

  function show(html, version) {
    seen = version;
    const wasBusy = isBusy();
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.innerHTML = html; // made by the server, which escapes every name, under a policy without inline scripts
    if (focused) [...part.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus({ preventScroll: true });
    // The count goes on ticking on the screen; it is read out when it begins and when it ends.
    if (isBusy() !== wasBusy) say(isBusy() ? part.querySelector(".state").textContent.trim() : announcement.dataset.done);
  }

  function choose(address) {
    history.replaceState(null, "", address);
    seen = "";
    return look();
  }

  let typing = 0;
  function typed() {
    clearTimeout(typing);
    const query = new URLSearchParams(new FormData(filter));
    if (!query.get("q")) query.delete("q");
    choose(`/library?${query}`);
  }
  filter.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(typed, TYPING_MS); });
  filter.addEventListener("submit", (event) => { event.preventDefault(); typed(); });

  reindex.addEventListener("submit", async (event) => {
    event.preventDefault();
    await fetch(reindex.action, { method: "POST", redirect: "manual" }).catch(() => say(announcement.dataset.offline));
    seen = "";
    look();
  });

  document.addEventListener("visibilitychange", look);
  timer = setTimeout(look, isBusy() ? BUSY_MS : IDLE_MS);
})();
