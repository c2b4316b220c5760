"use strict";
// Exchanges the token for a session. It stands in the fragment, which is sent to nobody, and goes from the address at once.
(() => {
  const said = document.getElementById("said");
  const { at, log } = document.body.dataset;

  async function enter(token) {
    const answer = await fetch("/session", { method: "POST", body: token });
    if (answer.ok) location.replace(at === "/" ? log : at);
    else said.textContent = "That is not the token of this server. thence ui prints a new one each time it starts.";
  }

  const token = location.hash.slice(1);
  if (token) {
    history.replaceState(null, "", location.pathname + location.search);
    enter(token);
  }
  document.getElementById("token-form").addEventListener("submit", (event) => {
    event.preventDefault();
    enter(document.getElementById("token").value.trim().replace(/^.*#/, ""));
  });
})();
