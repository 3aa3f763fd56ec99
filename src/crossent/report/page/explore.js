// The class, the threshold and the costs that are looked at, and everything on the page that follows them.
const AMOUNTS = { alarm: "false-alarm", miss: "miss", hit: "hit-gain", quiet: "quiet-gain", day: "rows-a-day" };

class Explorer {
  constructor(root, data) {
    [this.root, this.data] = [root, data];
    this.slider = this.control("threshold");
    this.typed = this.control("threshold-number");
    this.chooser = this.control("class");
    this.first = Object.fromEntries(Object.values(AMOUNTS).map((name) => [name, this.control(name).value]));
    this.listen();
    for (const each of root.querySelectorAll("[data-script]")) each.hidden = false;
    this.choose(data.start);
    this.recall();
  }

  find(selector) { return this.root.querySelector(selector); }
  control(name) { return this.find(`[name="${name}"]`); }
  write(selector, text) { for (const each of this.root.querySelectorAll(selector)) each.textContent = text; }
  get amounts() {
    return Object.fromEntries(Object.entries(AMOUNTS).map(([key, name]) => [key, Number(this.control(name).value) || 0]));
  }

  choose(which) {
    this.table = this.data.classes[which];
    this.slider.max = this.table.hits.length - 1;
    give("bars", barsOf(this.table));
    give("cuts", pointsOf(this.table, this.amounts));
    for (const [name, words] of Object.entries(this.table.words)) {
      const box = document.getElementById(`figure-${name}`);
      box.querySelector("figcaption").textContent = words;
      box.querySelector("[data-chart]").setAttribute("aria-label", words);
    }
    this.write("[data-note]", this.table.note);
    this.write("[data-class]", this.table.name);
    this.write("[data-short]", this.table.short);
    for (const each of this.root.querySelectorAll("[data-short]")) each.title = this.table.name;
    this.write("[data-others]", this.table.others);
    this.moveTo(this.table.start);
  }

  moveTo(place, threshold = this.table.thresholds[place]) {
    [this.place, this.threshold] = [place, threshold];
    this.show();
  }

  moveToThreshold(value) {
    if (!(value >= 0 && value <= 1)) return this.show();
    const place = placeOf(this.table, value);
    return this.moveTo(place, this.table.scores ? value : undefined);  // where all scores are known, any will do
  }

  reprice() {
    give("cuts", pointsOf(this.table, this.amounts));
    this.show();
  }

  show() {
    const { table, place, amounts, threshold } = this, cells = cellsOf(table, place);
    const price = costOf(cells, amounts);
    const intervals = place === table.start ? table.intervals : {};
    const shown = shownOf(cells, { price, day: amounts.day, weighted: this.data.weighted, intervals });
    for (const [name, [value, beside]] of Object.entries(shown)) {
      this.write(`[data-figure="${name}"] .value`, value);
      if (beside !== undefined) this.write(`[data-figure="${name}"] .beside`, beside);
    }
    this.showMatrix(matrixOf(cells));
    this.slider.value = table.hits.length - 1 - place;
    this.slider.setAttribute("aria-valuetext", threshold);
    this.typed.value = threshold;
    this.write("[data-threshold]", threshold);
    give("at", [{ ...pointOf(table, place, amounts), t: threshold }]);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => { this.say(shown); this.remember(); }, 250);  // once it rests
  }

  showMatrix(matrix) {
    for (const [name, { n, row, column }] of Object.entries(matrix)) {
      this.write(`[data-cell="${name}"] .count`, count(n));
      this.write(`[data-cell="${name}"] .of-row`, percent(row));
      this.write(`[data-cell="${name}"] .of-column`, percent(column));
      this.find(`[data-cell="${name}"]`).style.setProperty("--share", row || 0);
    }
  }

  say({ precision, recall, alerts, cost }) {
    this.write("output", `At a threshold of ${this.threshold}: precision ${precision[0]}, recall ${recall[0]}, ` +
      `${alerts[0]} ${this.data.weighted ? "of the weight" : "rows"} decided so, cost of a row ${cost[0]}.`);
  }

  // The position as a fragment of the address, so that it can be linked; the page's own links have no "=".
  remember() {
    const state = new URLSearchParams();
    if (this.chooser) state.set("class", this.table.name);
    state.set("threshold", this.threshold);
    const changed = Object.values(AMOUNTS).filter((name) => this.control(name).value !== this.first[name]);
    for (const name of changed) state.set(name, this.control(name).value);
    const opened = this.data.classes[this.data.start];
    const moved = changed.length || this.table !== opened || this.place !== opened.start;
    if (moved || location.hash.includes("=")) history.replaceState(null, "", `#${state}`);
  }

  recall() {
    if (!location.hash.includes("=")) return;
    const state = new URLSearchParams(location.hash.slice(1));
    for (const name of Object.values(AMOUNTS)) {
      const value = state.get(name) ?? "";
      this.enter(name, value !== "" && Number.isFinite(Number(value)) ? value : this.first[name]);
    }
    const which = this.data.classes.findIndex(({ name }) => name === state.get("class"));
    if (this.chooser && which >= 0) this.chooser.value = which;
    this.choose(this.chooser ? Number(this.chooser.value) : this.data.start);
    if (state.has("threshold")) this.moveToThreshold(Number(state.get("threshold")));
  }

  enter(name, value) {
    this.control(name).value = value;
    this.follow(name);
  }

  // The slider beside a number reaches as far as the number asks.
  follow(name) {
    const beside = this.control(`${name}-slider`), value = Number(this.control(name).value);
    if (!beside) return;
    if (value > Number(beside.max)) beside.max = value;
    beside.value = value;
  }

  listen() {
    this.slider.addEventListener("input", () => this.moveTo(this.table.hits.length - 1 - Number(this.slider.value)));
    this.typed.addEventListener("change", () => this.moveToThreshold(this.typed.valueAsNumber));
    this.chooser?.addEventListener("change", () => this.choose(Number(this.chooser.value)));
    for (const name of Object.values(AMOUNTS)) {
      this.control(name).addEventListener("input", () => { this.follow(name); this.reprice(); });
      const beside = this.control(`${name}-slider`);
      beside?.addEventListener("input", () => { this.enter(name, beside.value); this.reprice(); });
    }
    const jump = (name, to) => this.find(`[data-jump="${name}"]`)?.addEventListener("click", () => this.moveTo(to()));
    jump("fitted", () => this.table.start);
    jump("f1", () => best(this.table, (cells) => figuresOf(cells).f1));
    jump("cost", () => best(this.table, (cells) => -costOf(cells, this.amounts)));
    // A click on a curve moves the threshold there.
    this.root.addEventListener("drawn", ({ detail }) => detail.addEventListener("click", (_, item) => {
      if (item?.datum?.touch) this.moveTo(item.datum.i);
    }));
    addEventListener("hashchange", () => this.recall());
    copying(this.find("[data-copy]"), this.find("[data-line]"), this.find("[data-copied]"));
  }
}
