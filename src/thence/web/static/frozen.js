"use strict";
// A frozen record: every page lies in the file, and the address behind the # says which is shown.
(() => {
  const main = document.getElementById("main");
  const pages = new Map([...document.querySelectorAll("template[data-page]")].map((each) => [each.dataset.page, each]));
  function show() {
    const asked = location.hash.slice(1);
    if (asked === "main") return;
    const page = pages.get(asked) || pages.values().next().value;
    main.replaceChildren(page.content.cloneNode(true));
    for (const each of main.querySelectorAll('a[href="#absent"]')) each.removeAttribute("href");
    document.title = `${page.dataset.title} · thence`;
    for (const each of document.querySelectorAll("body > header nav a")) {
      if (each.getAttribute("href").slice(1) === page.dataset.page) each.setAttribute("aria-current", "page");
      else each.removeAttribute("aria-current");
    }
    scrollTo(0, 0);
    document.dispatchEvent(new Event("thence:page"));
  }
  addEventListener("hashchange", show);
  show();
})();
