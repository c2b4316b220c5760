"use strict";
// One setting against one outcome, and all of them side by side; both draw the table below. What is brushed on an axis
// narrows the table and stands in the URL.
(() => {
  let ending = new AbortController();
  const frozen = "frozen" in document.documentElement.dataset;

function draw() {
  ending.abort();
  ending = new AbortController();
  const table = document.querySelector("[data-points]");
  if (!table) return;
  const svgs = { scatter: document.querySelector("[data-scatter]"), parallel: document.querySelector("[data-parallel]") };
  const heads = [...table.tHead.rows[0].cells];
  const axes = heads.map((head, at) => ({ at, name: head.dataset.name, kind: head.dataset.outcome ? "number" : head.dataset.kind, said: head.dataset.outcome || head.dataset.name, outcome: "outcome" in head.dataset })).filter((axis) => axis.name);
  const points = [...table.tBodies[0].rows].map((row) => ({ row, colour: `r${row.dataset.answer ? (row.dataset.answer - 1) % 6 : 5}`, answered: row.dataset.answer !== "", values: Object.fromEntries(axes.map((axis) => [axis.name, held(axis, row.cells[axis.at])])) }));
  const brushes = new Map();

  // A value: a number, a text, or null: it is absent.
  function held(axis, cell) {
    const text = cell.dataset.v;
    if (text === undefined || text === "") return null;
    return axis.kind === "number" && !Number.isNaN(Number(text)) ? Number(text) : text;
  }

  const NS = "http://www.w3.org/2000/svg";
  function make(name, attributes, text) {
    const element = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }
  const short = (value) => typeof value !== "number" ? (value.length > 14 ? `${value.slice(0, 13)}…` : value) : Math.abs(value) >= 1e4 ? `${Number((value / 1e3).toPrecision(3))}k` : String(Number(value.toPrecision(3)));

  // Places along an axis, from 0 to 1; what is absent has a lane of its own, below 0.
  function scale(axis) {
    const values = points.map((point) => point.values[axis.name]).filter((value) => value !== null);
    const texts = [...new Set(values.filter((value) => typeof value === "string"))].sort();
    const numbers = values.filter((value) => typeof value === "number");
    if (texts.length) {
      const all = [...new Set(values.map(String))].sort();
      return { place: (value) => all.length > 1 ? all.indexOf(String(value)) / (all.length - 1) : 0.5, ticks: all.length <= 12 ? all.map((each) => [each, all.length > 1 ? all.indexOf(each) / (all.length - 1) : 0.5]) : [] };
    }
    let low = Math.min(...numbers), high = Math.max(...numbers);
    if (!numbers.length) { low = 0; high = 1; }
    if (low === high) { low -= Math.abs(low) / 2 || 0.5; high += Math.abs(high) / 2 || 0.5; }
    const step = nice((high - low) / 4);
    const ticks = [];
    for (let at = Math.ceil(low / step) * step; at <= high + step / 1e6; at += step) ticks.push([at, (at - low) / (high - low)]);
    return { place: (value) => (value - low) / (high - low), value: (place) => low + place * (high - low), ticks };
  }
  function nice(rough) {
    const power = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 2.5, 5, 10].find((each) => each * power >= rough) * power;
  }

  const some = (name) => points.some((point) => point.values[name] === null);
  const select = (name) => document.querySelector(`select[name="${name}"]`).value;
  const inside = (point) => [...brushes].every(([name, [from, to]]) => { const at = point.values[name] === null ? -1 : scales[name].place(point.values[name]); return from <= at && at <= to; });
  const scales = Object.fromEntries(axes.map((axis) => [axis.name, scale(axis)]));

  function scatter() {
    const svg = svgs.scatter, x = axes.find((axis) => axis.name === select("x")), y = axes.find((axis) => axis.name === select("y"));
    const width = svg.clientWidth, height = svg.clientHeight, left = 52, bottom = 42, top = 14, right = 14;
    const laneX = some(x.name) ? 46 : 0, laneY = some(y.name) ? 26 : 0;
    const across = (value) => value === null ? left + laneX / 2 - 4 : left + laneX + scales[x.name].place(value) * (width - left - laneX - right - 12) + 6;
    const upward = (value) => value === null ? height - bottom - laneY / 2 + 4 : height - bottom - laneY - scales[y.name].place(value) * (height - top - bottom - laneY - 12) - 6;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    for (const [value, place] of scales[y.name].ticks) {
      const at = upward(value);
      svg.append(make("line", { class: "grid", x1: left, x2: width - right, y1: at, y2: at }), make("text", { class: "tick end", x: left - 6, y: at + 4 }, short(value)));
    }
    for (const [value, place] of scales[x.name].ticks) {
      const at = across(value);
      svg.append(make("line", { class: "grid", x1: at, x2: at, y1: top, y2: height - bottom }), make("text", { class: "tick middle", x: at, y: height - bottom + 16 }, short(value)));
    }
    if (laneX) svg.append(make("rect", { class: "lane", x: left, y: top, width: laneX - 8, height: height - top - bottom }), make("text", { class: "tick middle", x: across(null), y: height - bottom + 16 }, "absent"));
    if (laneY) svg.append(make("rect", { class: "lane", x: left, y: height - bottom - laneY + 8, width: width - left - right, height: laneY - 8 }), make("text", { class: "tick end", x: left - 6, y: upward(null) + 4 }, "absent"));
    svg.append(make("text", { class: "axis middle", x: (left + width) / 2, y: height - 6 }, x.said), make("text", { class: "axis", x: 4, y: 11 }, y.said));
    const taken = new Map();
    for (const point of points) {
      const at = [across(point.values[x.name]), upward(point.values[y.name])];
      const key = at.map(Math.round).join();
      const times = taken.get(key) ?? 0; // equal points lie in a row, so that each is seen
      taken.set(key, times + 1);
      const dot = make("circle", { class: `dot ${point.colour}${point.answered ? "" : " none"}${inside(point) ? "" : " out"}`, cx: at[0] + (times % 9) * 5, cy: at[1], r: 4.5 });
      dot.append(make("title", {}, `${x.said} ${point.values[x.name] ?? "absent"}, ${y.said} ${point.values[y.name] ?? "absent"}`));
      dot.addEventListener("click", () => point.row.querySelector("a").click());
      dot.addEventListener("pointerenter", () => point.row.classList.add("lit"));
      dot.addEventListener("pointerleave", () => point.row.classList.remove("lit"));
      svg.append(dot);
    }
  }

  function shownAxes() {
    const varied = axes.filter((axis) => new Set(points.map((point) => point.values[axis.name]).filter((value) => value !== null || !axis.outcome)).size > 1);
    return varied.length ? varied : axes.slice(0, 1);
  }

  function parallel() {
    const svg = svgs.parallel, list = shownAxes();
    const width = Math.max(svg.parentElement.clientWidth, list.length * 84), height = svg.clientHeight;
    const top = 26, bottom = height - 40, lane = height - 16;
    const x = (at) => list.length > 1 ? 40 + at * (width - 90) / (list.length - 1) : width / 2;
    const y = (axis, value) => value === null ? lane : bottom - scales[axis.name].place(value) * (bottom - top);
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("width", width);
    svg.append(make("line", { class: "lane-line", x1: 0, x2: width, y1: lane, y2: lane }), make("text", { class: "tick", x: 0, y: lane - 5 }, "absent"));
    const order = [...points].sort((one, other) => inside(one) - inside(other));
    for (const point of order) {
      const line = list.map((axis, at) => `${at ? "L" : "M"}${x(at)} ${y(axis, point.values[axis.name])}`).join("");
      svg.append(make("path", { class: `strand ${point.colour}${inside(point) ? "" : " out"}`, d: line }));
    }
    list.forEach((axis, at) => {
      const group = make("g", {});
      group.append(make("line", { class: "rule", x1: x(at), x2: x(at), y1: top, y2: bottom }), make("text", { class: `axis ${at === 0 ? "" : at === list.length - 1 ? "end" : "middle"}`, x: at === 0 ? x(at) - 36 : at === list.length - 1 ? x(at) + 44 : x(at), y: 12 }, axis.outcome ? heads[axis.at].textContent : short(axis.name)));
      for (const [value] of scales[axis.name].ticks) group.append(make("text", { class: "tick halo", x: x(at) + 5, y: y(axis, value) + 4 }, short(value)));
      const brush = brushes.get(axis.name);
      if (brush) group.append(make("rect", { class: "brush", x: x(at) - 8, width: 16, y: brush[0] < 0 && brush[1] < 0 ? lane - 8 : bottom - brush[1] * (bottom - top), height: brush[0] < 0 && brush[1] < 0 ? 16 : Math.max(4, (brush[1] - brush[0]) * (bottom - top)) }));
      const grip = make("rect", { class: "grip", x: x(at) - 18, width: 36, y: top - 6, height: height - top });
      grip.addEventListener("pointerdown", (event) => begin(event, axis, (down) => (bottom - down) / (bottom - top)));
      group.append(grip);
      svg.append(group);
    });
  }

  function begin(event, axis, placed) {
    const svg = svgs.parallel, grip = event.target;
    const along = (at) => placed((at.clientY - svg.getBoundingClientRect().top) * svg.viewBox.baseVal.height / svg.getBoundingClientRect().height);
    const start = along(event);
    grip.setPointerCapture(event.pointerId);
    const moved = (at) => choose(axis.name, start, along(at), true);
    const ended = (at) => {
      removeEventListener("pointermove", moved);
      choose(axis.name, start, along(at), false);
    };
    addEventListener("pointermove", moved);
    addEventListener("pointerup", ended, { once: true });
  }

  function choose(name, one, other, dragging) {
    const [from, to] = [Math.min(one, other), Math.max(one, other)];
    if (to < -0.06) brushes.set(name, [-2, -0.5]); // the lane of what is absent
    else if (to - from > 0.015) brushes.set(name, [Math.max(0, from), Math.min(1, to)]);
    else if (!dragging) brushes.delete(name);
    narrow();
    parallel();
    scatter();
    if (!dragging) remember();
  }

  function narrow() {
    let count = 0;
    for (const point of points) {
      point.row.hidden = !inside(point);
      count += !point.row.hidden;
    }
    document.querySelector("[data-chosen]").textContent = `${brushes.size ? `${count} of ` : ""}${points.length} ${points.length === 1 ? "call" : "calls"}`;
    document.querySelector("[data-unbrush]").hidden = !brushes.size;
  }

  function remember() {
    if (frozen) return;
    const given = new URLSearchParams(location.search);
    for (const name of ["x", "y"]) given.set(name, select(name));
    given.delete("brush");
    for (const [name, [from, to]] of brushes) given.append("brush", `${from.toFixed(3)}..${to.toFixed(3)} ${name}`);
    history.replaceState(null, "", `?${given}`);
  }

  for (const told of new URLSearchParams(location.search).getAll("brush")) {
    const parts = /^(-?[\d.]+)\.\.(-?[\d.]+) (.*)$/s.exec(told);
    if (parts && scales[parts[3]]) brushes.set(parts[3], [Number(parts[1]), Number(parts[2])]);
  }
  document.querySelector("[data-axes]").addEventListener("change", (event) => { if (event.target.matches("select")) { scatter(); remember(); } });
  document.querySelector("[data-unbrush]").addEventListener("click", () => { brushes.clear(); narrow(); parallel(); scatter(); remember(); });
  addEventListener("resize", () => { scatter(); parallel(); }, { signal: ending.signal });
  narrow();
  scatter();
  parallel();
}

  draw();
  document.addEventListener("thence:page", draw); // in a frozen record, another page was shown
})();
