"use strict";
// Each chart draws the table beside it: what is in one is in the other.
(() => {
  const plots = [];
  const colour = (element, name) => getComputedStyle(element)[name];

  function read(section) {
    const table = section.querySelector("table");
    const rows = [...table.tBodies[0].rows];
    const x = rows.map((row) => Date.parse(row.dataset.at) / 1000);
    const heads = [...table.tHead.rows[0].cells].slice(1);
    const lines = heads.map((_, at) => rows.map((row) => {
      const value = row.cells[at + 1].dataset.v;
      return value === "" ? null : Number(value);
    }));
    const colours = heads.map((head) => colour(head.querySelector(".swatch"), "backgroundColor"));
    return { rows, x, lines, names: heads.map((head) => head.textContent.trim()), colours };
  }

  const written = {
    cost: (value) => `$${Number(value.toPrecision(3))}`,
    mean: (value) => `${Number(value.toPrecision(3))} s`,
  };
  const short = (value) => Math.abs(value) >= 1e6 ? `${value / 1e6}M` : Math.abs(value) >= 1e4 ? `${value / 1e3}k` : String(Number(value.toPrecision(6)));

  // Moments as the tables write them; a day under its first hour, a year under its first month.
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  function when(ticks, step) {
    let above = "";
    return ticks.map((tick) => {
      const at = new Date(tick * 1000), day = `${at.getDate()} ${months[at.getMonth()]}`;
      const [told, larger] = step < 86400 ? [at.toTimeString().slice(0, 5), day] : [step < 28 * 86400 ? day : months[at.getMonth()], String(at.getFullYear())];
      const first = larger !== above;
      above = larger;
      return first ? `${told}\n${larger}` : told;
    });
  }

  function draw(place) {
    const { rows, x, lines, names, colours } = read(place.closest("section"));
    const ink = colour(document.body, "color"), faint = colour(place, "borderTopColor");
    const font = `12px ${colour(document.body, "fontFamily")}`;
    const write = written[place.dataset.plot] || short;
    const axis = { stroke: ink, font, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
    const box = place.closest("section").querySelector(".tall");
    const step = Number(place.dataset.step);
    let lit = null;
    return new uPlot({
      width: place.clientWidth, height: 220, legend: { show: false },
      cursor: { y: false, points: { size: 7 } },
      scales: {
        x: { range: (_, low, high) => x.length === 1 ? [x[0] - step, x[0] + step] : [low, high] },
        y: { range: (_, low, high) => [Math.min(0, low ?? 0), (high || 1) * 1.08] },
      },
      axes: [{ ...axis, values: (_, ticks, _axis, _space, step) => when(ticks, step) }, { ...axis, size: 62, values: (_, ticks) => ticks.map(write) }],
      series: [{}, ...names.map((label, at) => ({
        label, stroke: colours[at], width: 2, spanGaps: false, dash: at >= 5 ? [4, 4] : undefined,
        points: { show: (_u, _s, from, to) => to - from < 80, size: 5, fill: colours[at] },
      }))],
      hooks: { setCursor: [(u) => {
        lit?.classList.remove("lit");
        lit = u.cursor.idx === null || u.cursor.idx === undefined ? null : rows[u.cursor.idx];
        if (!lit || lit.hidden) return;
        lit.classList.add("lit");
        box.scrollTop = lit.offsetTop - box.clientHeight / 2;
      }] },
    }, [x, ...lines], place);
  }

  function all() {
    for (const each of plots) each.plot.destroy();
    plots.length = 0;
    for (const place of document.querySelectorAll("[data-plot]")) plots.push({ place, plot: draw(place) });
  }
  all();
  document.addEventListener("thence:page", all); // in a frozen record, another page was shown
  let width = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; all(); } });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", all);
  new MutationObserver(all).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
