// The figures of one cut, from its four cells: hits, alarms, misses, rest. A share of nothing is 0, as in Python.
const share = (part, whole) => (whole === 0 ? 0 : part / whole);

function cellsOf(table, place) {
  const hits = table.hits[place], alarms = table.alarms[place];
  // Sums of weights are rounded, each in its own order: what is left of them may be less than nothing.
  const misses = Math.max(0, table.hits.at(-1) - hits), rest = Math.max(0, table.alarms.at(-1) - alarms);
  return { hits, alarms, misses, rest, rows: hits + alarms + misses + rest };
}

// The correlation of labels and decisions; 0 where one of them is constant.
function matthews({ hits, alarms, misses, rest, rows }) {
  const positives = hits + misses, decided = hits + alarms;
  const spread = positives * (rows - positives) * decided * (rows - decided);
  return spread <= 0 ? 0 : (hits * rest - alarms * misses) / Math.sqrt(spread);
}

function figuresOf(cells) {
  const { hits, alarms, misses, rest, rows } = cells;
  const recall = share(hits, hits + misses), specificity = share(rest, rest + alarms);
  return {
    precision: share(hits, hits + alarms),
    recall,
    specificity,
    f1: share(2 * hits, 2 * hits + misses + alarms),
    accuracy: (hits + rest) / rows,
    balanced_accuracy: (recall + specificity) / 2,  // a class that can be explored has rows on both sides
    matthews_correlation: matthews(cells),
    alerts: (hits + alarms) / rows,
  };
}

const costOf = ({ hits, alarms, misses, rest, rows }, { alarm, miss, hit, quiet }) =>
  (alarm * alarms + miss * misses - hit * hits - quiet * rest) / rows;

// Wilson's interval of a share, at 95 %.
function wilson(part, whole) {
  const z2 = 1.959963984540054 ** 2 / whole, p = part / whole;
  const centre = (p + z2 / 2) / (1 + z2);
  const half = (Math.sqrt(1.959963984540054 ** 2 * ((p * (1 - p)) / whole + z2 / (4 * whole)))) / (1 + z2);
  return [part === 0 ? 0 : centre - half, part === whole ? 1 : centre + half];
}

// The place of the best value; of equal ones the highest threshold, which stands first.
function best(table, worth) {
  let found = 0, most = -Infinity;
  for (let place = 0; place < table.hits.length; place++) {
    const value = worth(cellsOf(table, place));
    if (value > most) [found, most] = [place, value];
  }
  return found;
}

// The cut that a threshold makes: where every score is known, the last one at or above it; else the nearest cut.
function placeOf(table, threshold) {
  if (threshold === table.thresholds[table.start]) return table.start;
  if (table.scores) {
    const below = table.scores.findIndex((score) => score < threshold);
    return Math.max(0, (below < 0 ? table.scores.length : below) - 1);
  }
  const distance = (place) => Math.abs(table.thresholds[place] - threshold);
  return table.thresholds.reduce((nearest, _, place) => (distance(place) < distance(nearest) ? place : nearest), 0);
}
