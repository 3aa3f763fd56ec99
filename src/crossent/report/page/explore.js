// The threshold, the costs and the class that is looked at; everything that follows them.
function explore(root, data) {
  const find = (selector) => root.querySelector(selector);
  const control = (name) => find(`[name="${name}"]`);
  const slider = control("threshold"), typed = control("threshold-number"), chooser = control("class");
  const amounts = { alarm: "false-alarm", miss: "miss", hit: "hit-gain", quiet: "quiet-gain", day: "rows-a-day" };
  const first = Object.fromEntries(Object.entries(amounts).map(([key, name]) => [key, control(name).value]));
  let table, place, threshold, timer;

  const amount = (key) => Number(control(amounts[key]).value) || 0;
  const costs = () => ({ alarm: amount("alarm"), miss: amount("miss"), hit: amount("hit"), quiet: amount("quiet") });

  function rowOf(at, price) {
    const cells = cellsOf(table, at), made = figuresOf(cells);
    const positives = table.hits.at(-1) / cells.rows;
    const precision = cells.hits + cells.alarms === 0 ? 1 : made.precision;  // where the curve begins
    return {
      i: at, t: table.thresholds[at], fpr: 1 - made.specificity, recall: made.recall, precision, alerts: made.alerts,
      lift: made.alerts > 0 ? precision / positives : rowOf(at + 1, price).lift,  // of no rows there is none
      cost: costOf(cells, price), share: positives,
    };
  }

  function rows() {
    const price = costs(), step = Math.max(1, Math.floor(table.hits.length / 150)), last = table.hits.length - 1;
    return table.hits.map((_, at) => ({ ...rowOf(at, price), ...(at % step === 0 || at === last ? { touch: 1 } : {}) }));
  }

  function bars() {
    return ["of the class", "others"].flatMap((side, which) => {
      const counts = table.bars[which], all = counts.reduce((sum, n) => sum + n, 0);
      return counts.map((n, bin) => ({ a: bin / counts.length, b: (bin + 1) / counts.length, side, n, share: share(n, all) }))
        .filter(({ n }) => n > 0);
    });
  }

  function show() {
    const cells = cellsOf(table, place), made = figuresOf(cells), price = costOf(cells, costs());
    const { hits, alarms, misses, rest, rows: all } = cells;
    const range = (part, whole) => {
      if (data.weighted || whole === 0) return "";
      const [low, high] = wilson(part, whole);
      return `${percent(low)} to ${percent(high)}`;
    };
    const values = {
      precision: [percent(made.precision), hits + alarms === 0 ? "no row is decided so" : range(hits, hits + alarms)],
      recall: [percent(made.recall), range(hits, hits + misses)],
      specificity: [percent(made.specificity), range(rest, rest + alarms)],
      f1: [figure(made.f1)],
      accuracy: [percent(made.accuracy), range(hits + rest, all)],
      balanced_accuracy: [percent(made.balanced_accuracy)],
      matthews_correlation: [figure(made.matthews_correlation)],
      cost: [money(price), `${money(price * all)} for these rows, ${money(price * amount("day"))} a day`],
      alerts: [count(hits + alarms), `${percent(made.alerts)} of the rows`],
      alerts_a_day: [money(made.alerts * amount("day")), `of ${count(amount("day"))} rows a day`],
    };
    for (const [name, [value, beside]] of Object.entries(values)) {
      const box = find(`[data-figure="${name}"]`);
      box.querySelector(".value").textContent = value;
      if (beside !== undefined) box.querySelector(".beside").textContent = beside;
    }
    matrix({ hits, alarms, misses, rest });
    const text = String(threshold);
    slider.value = table.hits.length - 1 - place;
    slider.setAttribute("aria-valuetext", text);
    typed.value = text;
    for (const each of root.querySelectorAll("[data-threshold]")) each.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => {
      find("output").textContent = `At a threshold of ${text}: precision ${values.precision[0]}, recall ` +
        `${values.recall[0]}, ${values.alerts[0]} rows decided so, cost of a row ${values.cost[0]}.`;
      remember();
    }, 250);
    give("at", [{ ...rowOf(place, costs()), t: threshold }]);
  }

  function matrix({ hits, alarms, misses, rest }) {
    const cells = { hits: [hits, hits + misses, hits + alarms], misses: [misses, hits + misses, misses + rest],
      alarms: [alarms, alarms + rest, hits + alarms], rest: [rest, alarms + rest, misses + rest] };
    for (const [name, [n, row, column]] of Object.entries(cells)) {
      const cell = find(`[data-cell="${name}"]`);
      cell.querySelector(".count").textContent = count(n);
      cell.querySelector(".of-row").textContent = percent(row ? n / row : NaN);
      cell.querySelector(".of-column").textContent = percent(column ? n / column : NaN);
      cell.style.setProperty("--share", row ? n / row : 0);
    }
  }

  function moveTo(at, exactly) {
    [place, threshold] = [at, exactly ?? table.thresholds[at]];
    show();
  }

  function moveToThreshold(value) {
    if (!(value >= 0 && value <= 1)) return show();
    const at = placeOf(table, value);
    moveTo(at, table.scores ? value : undefined);  // where all scores are known, any threshold's counts are
  }

  function choose(which) {
    table = data.classes[which];
    slider.max = table.hits.length - 1;
    give("bars", bars());
    give("cuts", rows());
    for (const [name, words] of Object.entries(table.words)) {
      const box = document.getElementById(`figure-${name}`);
      box.querySelector("figcaption").textContent = words;
      box.querySelector("[data-chart]").setAttribute("aria-label", words);
    }
    find("[data-note]").textContent = table.note;
    for (const each of root.querySelectorAll("[data-class]")) each.textContent = table.name;
    for (const each of root.querySelectorAll("[data-others]")) each.textContent = table.others;
    moveTo(table.start);
  }

  const changed = () => { give("cuts", rows()); show(); };

  // The position as a fragment, so that it can be linked; the page's own links have no "=".
  function remember() {
    const state = new URLSearchParams();
    if (chooser && data.classes.length > 1) state.set("class", table.name);
    state.set("threshold", threshold);
    for (const [key, name] of Object.entries(amounts)) {
      if (control(name).value !== first[key]) state.set(name, control(name).value);
    }
    const moved = place !== table.start || location.hash.includes("=") || [...state].length > (chooser ? 2 : 1);
    if (moved) history.replaceState(null, "", `#${state}`);
  }

  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    if (!location.hash.includes("=")) return;
    const which = data.classes.findIndex(({ name }) => name === state.get("class"));
    if (chooser && which >= 0) { chooser.value = which; choose(which); }
    for (const [key, name] of Object.entries(amounts)) {
      const value = state.get(name);
      if (value !== null && Number.isFinite(Number(value))) enter(name, value); else enter(name, first[key]);
    }
    changed();
    if (state.has("threshold")) moveToThreshold(Number(state.get("threshold")));
  }

  // A number, and the slider beside it, which reaches as far as the number asks.
  function enter(name, value) {
    control(name).value = value;
    follow(name);
  }

  function follow(name) {
    const beside = control(`${name}-slider`), value = Number(control(name).value);
    if (!beside) return;
    if (value > Number(beside.max)) beside.max = value;
    beside.value = value;
  }

  slider.addEventListener("input", () => moveTo(table.hits.length - 1 - Number(slider.value)));
  typed.addEventListener("change", () => moveToThreshold(typed.value === "" ? NaN : Number(typed.value)));
  chooser?.addEventListener("change", () => choose(Number(chooser.value)));
  for (const name of Object.values(amounts)) {
    control(name).addEventListener("input", () => { follow(name); changed(); });
    control(`${name}-slider`)?.addEventListener("input", (event) => { enter(name, event.target.value); changed(); });
  }
  const jumps = {
    fitted: () => table.start,
    f1: () => best(table, (cells) => figuresOf(cells).f1),
    cost: () => best(table, (cells) => -costOf(cells, costs())),
  };
  for (const [name, to] of Object.entries(jumps)) {
    find(`[data-jump="${name}"]`).addEventListener("click", () => moveTo(to()));
  }
  root.addEventListener("drawn", ({ detail }) => detail.addEventListener("click", (_, item) => {
    if (item?.datum?.touch) moveTo(item.datum.i);
  }));
  addEventListener("hashchange", recall);
  copying(find("[data-copy]"), find("[data-line]"), find("[data-copied]"));
  for (const each of root.querySelectorAll("[data-script]")) each.hidden = false;
  choose(data.start);
  recall();
}
