"use strict";
// Keys, theme, and what a page does without asking the server.
(() => {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const linkOf = (row) => row && (row.matches("a") ? row : row.querySelector("a"));
  const here = () => rows().findIndex((row) => row.contains(document.activeElement));

  function move(by) {
    const all = rows();
    if (!all.length) return;
    const at = here();
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1);
    linkOf(all[next]).focus({ preventScroll: true });
    all[next].scrollIntoView({ block: "nearest" });
  }

  let marked = null;
  function mark() {
    const row = rows()[here()];
    if (!row || !row.dataset.id || "frozen" in document.documentElement.dataset) return;
    if (marked && marked !== row.dataset.id) {
      const to = new URL("/diff", location.origin);
      to.searchParams.set("a", marked);
      to.searchParams.set("b", row.dataset.id);
      const tract = new URLSearchParams(location.search).get("tract");
      if (tract) to.searchParams.set("tract", tract);
      location.assign(to);
      return;
    }
    marked = marked === row.dataset.id ? null : row.dataset.id;
    showMark();
  }
  function showMark() {
    for (const each of rows()) each.classList.toggle("marked", each.dataset.id === marked && marked !== null);
  }

  const themes = ["auto", "light", "dark"];
  function nextTheme() {
    const now = document.documentElement.dataset.theme || "auto";
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    if (next === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = next;
    try { localStorage.setItem("thence-theme", next); } catch { /* for this page only */ }
    nameTheme();
  }
  function nameTheme() {
    const button = document.querySelector("[data-theme-switch]");
    if (button) button.textContent = { auto: "Auto", light: "Light", dark: "Dark" }[document.documentElement.dataset.theme || "auto"];
    if (button) button.setAttribute("aria-label", `Theme: ${button.textContent}`);
  }

  const help = () => document.getElementById("help");
  let gone = false; // after a g: the next letter is a page's
  const keys = {
    j: () => move(1),
    k: () => move(-1),
    d: mark,
    g: () => { gone = true; setTimeout(() => { gone = false; }, 1200); },
    "/": () => document.querySelector("[data-query]")?.focus(),
    "?": () => help()?.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && event.target.matches("input")) { event.target.blur(); return; }
    if (event.target.matches("input, textarea, select") || help()?.open) return;
    if (gone) {
      gone = false;
      const to = document.querySelector(`nav [data-key="${CSS.escape(event.key)}"]`);
      if (to) { event.preventDefault(); to.click(); return; }
    }
    const act = keys[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-switch]")) nextTheme();
    if (event.target.closest("[data-help]")) help().showModal();
  });
  // Nobody looks: nobody asks.
  document.addEventListener("htmx:before:request", (event) => {
    if (document.hidden && event.target.closest?.("[data-live]")) event.preventDefault();
  });
  document.addEventListener("htmx:after:swap", showMark);
  // What can't be asked any more stays as it was, and is said to be old.
  function lost(why) {
    const said = document.querySelector("[data-lost]");
    if (!said || said.textContent === why) return;
    said.textContent = why;
    said.hidden = !why;
  }
  document.addEventListener("htmx:after:request", (event) => {
    const status = event.detail?.ctx?.response?.status ?? 0;
    if (status === 401) lost("This is not live any more: the server was started anew. Open the address that thence ui printed.");
    else lost(status >= 400 ? "This is not live at the moment: the store can’t be read." : "");
  });
  document.addEventListener("htmx:error", () => lost("This is not live at the moment: the server does not answer."));
  nameTheme();
})();
