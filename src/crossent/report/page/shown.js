// The figures of a cut in words: what stands in each tile, and beside it.
function shownOf(cells, { price, day, weighted, intervals }) {
  const { hits, alarms, misses, rest, rows } = cells, made = figuresOf(cells);
  const wilsons = (part, whole) => (whole === 0 ? "" : wilson(part, whole).map(percent).join(" to "));
  const interval = (name, part, whole) => (weighted ? intervals[name] ?? "" : wilsons(part, whole));
  return {
    precision: [percent(made.precision), hits + alarms ? interval("precision", hits, hits + alarms) : "no row is decided so"],
    recall: [percent(made.recall), interval("recall", hits, hits + misses)],
    specificity: [percent(made.specificity), interval("specificity", rest, rest + alarms)],
    f1: [figure(made.f1)],
    accuracy: [percent(made.accuracy), interval("accuracy", hits + rest, rows)],
    balanced_accuracy: [percent(made.balanced_accuracy)],
    matthews_correlation: [figure(made.matthews_correlation)],
    cost: [money(price), `${money(price * rows)} for these rows, ${money(price * day)} a day`],
    alerts: [count(hits + alarms), `${percent(made.alerts)} of the ${weighted ? "weight" : "rows"}`],
    alerts_a_day: [money(made.alerts * day), `of ${count(day)} rows a day`],
  };
}

// The four cells of the confusion matrix: the count, its share of the true class, and of the decision.
function matrixOf({ hits, alarms, misses, rest }) {
  const cell = (n, row, column) => ({ n, row: row ? n / row : NaN, column: column ? n / column : NaN });
  return {
    hits: cell(hits, hits + misses, hits + alarms),
    misses: cell(misses, hits + misses, misses + rest),
    alarms: cell(alarms, alarms + rest, hits + alarms),
    rest: cell(rest, alarms + rest, misses + rest),
  };
}
