"use strict";
// Before the first paint: the theme that was chosen here, if any; else the system's.
try {
  const chosen = localStorage.getItem("thence-theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
} catch { /* no storage: the system's theme */ }
