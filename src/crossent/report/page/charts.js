// Draws each chart from the specification that stands beside it: those in view first, the others when there is time.
const read = (id) => JSON.parse(document.getElementById(id).textContent);
const style = read("chart-style");
const given = {};  // what moves: rows by the name of their data set
const views = new Map();

function draw(box) {
  const spec = read(box.dataset.chart);
  const names = Object.keys(spec.datasets ?? {}).filter((name) => name in given);
  for (const name of names) spec.datasets[name] = given[name];
  // ast: expressions are interpreted, not compiled, so that the page can forbid eval.
  const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, config: style };
  return vegaEmbed(box, spec, options).then(({ view }) => {
    views.set(box, { view, names });
    for (const name of names) view.data(name, given[name]);  // they may have moved since
    box.dispatchEvent(new CustomEvent("drawn", { detail: view, bubbles: true }));
    return view.runAsync();
  }).then(() => box.setAttribute("data-drawn", ""))
    .catch((error) => { box.textContent = `This chart could not be drawn: ${error.message}`; });
}

// Give rows to every chart that shows them.
function give(name, rows) {
  given[name] = rows;
  for (const { view, names } of views.values()) if (names.includes(name)) view.data(name, rows).runAsync();
}

// Vega stands in the page as text. It runs once the figures stand and can be moved: a megabyte of script takes a while.
function runLibrary() {
  const code = document.createElement("script");
  code.textContent = document.getElementById("library").textContent;
  document.body.append(code);
}

function drawAll() {
  runLibrary();
  const waiting = new Set(document.querySelectorAll("[data-chart]"));
  const later = window.requestIdleCallback ?? ((work) => setTimeout(work, 30));
  const start = (box) => waiting.delete(box) && draw(box);
  const watcher = new IntersectionObserver(
    (seen) => seen.filter((each) => each.isIntersecting).forEach((each) => start(each.target)),
    { rootMargin: "200px" },
  );
  for (const box of waiting) watcher.observe(box);
  const rest = () => { const [next] = waiting; if (next) start(next).finally(() => later(rest)); };
  later(rest);
}
