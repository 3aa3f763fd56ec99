// What the charts draw of a class: a point for each cut, and bars of scores. The same as in Python, from the counts.
function pointOf(table, place, price) {
  const cells = cellsOf(table, place), made = figuresOf(cells);
  const positives = (cells.hits + cells.misses) / cells.rows;
  return {
    i: place,
    t: table.thresholds[place],
    fpr: 1 - made.specificity,
    recall: made.recall,
    precision: cells.hits + cells.alarms === 0 ? 1 : made.precision,  // where the curve begins
    alerts: made.alerts,
    lift: made.alerts > 0 ? made.precision / positives : pointOf(table, place + 1, price).lift,  // of no rows: none
    cost: costOf(cells, price),
    share: positives,
  };
}

function pointsOf(table, price) {
  const last = table.hits.length - 1, step = Math.max(1, Math.floor(table.hits.length / 150));
  const touched = (place) => (place % step === 0 || place === last ? { touch: 1 } : {});
  return table.hits.map((_, place) => ({ ...pointOf(table, place, price), ...touched(place) }));
}

function barsOf(table) {
  return ["of the class", "others"].flatMap((side, which) => {
    const counts = table.bars[which], all = counts.reduce((sum, n) => sum + n, 0), width = 1 / counts.length;
    return counts
      .map((n, bin) => ({ a: bin * width, b: (bin + 1) * width, side, n, share: share(n, all) }))
      .filter(({ n }) => n > 0);
  });
}
