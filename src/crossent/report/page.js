// Draws each chart from the specification that stands beside it.
"use strict";
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const config = read("chart-style");
for (const box of document.querySelectorAll("[data-chart]")) {
  // ast: expressions are interpreted, not compiled, so that the page can forbid eval.
  vegaEmbed(box, read(box.dataset.chart), { mode: "vega-lite", renderer: "svg", actions: false, ast: true, config })
    .then(() => box.setAttribute("data-drawn", ""))
    .catch((error) => { box.textContent = `This chart could not be drawn: ${error.message}`; });
}
const closed = () => document.querySelectorAll("details:not([open])");
let opened = [];
addEventListener("beforeprint", () => { opened = [...closed()]; opened.forEach((each) => { each.open = true; }); });
addEventListener("afterprint", () => { opened.forEach((each) => { each.open = false; }); });
