"use strict";
// What a query may go on with, below its box, as the server knows it. Up, Down, Enter or Tab; Esc puts it away.
(() => {
  const box = document.querySelector("[data-complete]");
  const list = document.getElementById("completions");
  if (!box || !list) return;
  let start = 0, chosen = -1, asked = 0, timer = 0;

  const options = () => [...list.children];
  function close() {
    list.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function choose(at) {
    const all = options();
    chosen = (at + all.length) % all.length;
    all.forEach((each, number) => each.setAttribute("aria-selected", String(number === chosen)));
    box.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  function take(option) {
    const text = option.dataset.text;
    const rest = box.value.slice(box.selectionStart);
    const space = text.endsWith("(") || rest.startsWith(" ") ? "" : " ";
    box.value = box.value.slice(0, start) + text + space + rest;
    const at = start + text.length + space.length;
    box.setSelectionRange(at, at);
    box.focus();
    ask();
  }

  function show(answer) {
    start = answer.start;
    list.replaceChildren(...answer.found.map((each, number) => {
      const option = document.createElement("li");
      option.id = `completion-${number}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.dataset.text = each.text;
      const text = document.createElement("code");
      text.textContent = each.text;
      const meaning = document.createElement("span");
      meaning.className = "meaning";
      meaning.textContent = each.meaning.replaceAll("`", "");
      option.append(text, meaning);
      return option;
    }));
    list.hidden = !answer.found.length;
    chosen = -1;
    box.setAttribute("aria-expanded", String(!list.hidden));
    box.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    const mine = ++asked;
    const to = new URL(box.dataset.complete, location.origin);
    to.searchParams.set("q", box.value.slice(0, box.selectionStart));
    const answer = await fetch(to).catch(() => null);
    if (!answer?.ok || mine !== asked || document.activeElement !== box) return;
    show(await answer.json());
  }

  box.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 60); });
  box.addEventListener("blur", () => setTimeout(close, 150));
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) { event.preventDefault(); ask(); return; }
    if (list.hidden) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(chosen < 0 ? (event.key === "ArrowDown" ? 0 : -1) : chosen + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
      event.preventDefault();
      take(options()[chosen]);
    }
  });
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (option) { event.preventDefault(); take(option); }
  });
})();
