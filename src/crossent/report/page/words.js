// Numbers as the page spells them; ties are rounded to even, as Python does.
function fixed(value, digits) {
  const tie = Math.abs((value * 10 ** digits) % 1) === 0.5 && Number.isInteger(value * 2 ** (digits + 1));
  return (tie ? (2 * Math.round((value * 10 ** digits) / 2)) / 10 ** digits : value).toFixed(digits);
}
const figure = (value) => (Number.isNaN(value) ? "–" : fixed(value, 3));
function percent(share) {
  if (Number.isNaN(share)) return "–";
  if (share > 0 && share < 0.0005) return "< 0.1%";
  if (share > 0.9995 && share < 1) return "> 99.9%";
  return `${fixed(100 * share, 1)}%`;
}
const count = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
const money = (value) => (Math.abs(value) >= 1000 ? count(Math.round(value)) : String(Number(value.toPrecision(4))));
