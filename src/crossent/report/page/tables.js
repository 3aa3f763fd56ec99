// Tables that are sorted by the button in a column's head, and narrowed by a box above them.
function sortable(table) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    return column === 0 ? cell.textContent.trim() : Number(cell.dataset.value ?? NaN);
  };
  const order = (a, b) => {
    if (typeof a === "string") return a.localeCompare(b, "en", { numeric: true });
    return Number.isNaN(a) - Number.isNaN(b) || a - b;  // what is undefined stands last
  };
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    // Names from the first, numbers from the lowest: the weakest class is what one looks for.
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...body.rows].map((row) => [value(row, column), row]);
    rows.sort(([a], [b]) => (Number.isNaN(a) || Number.isNaN(b) || !down ? order(a, b) : order(b, a)));
    body.append(...rows.map(([, row]) => row));
  }));
}

function filtered(box) {
  const table = document.getElementById(box.getAttribute("aria-controls"));
  const said = document.getElementById(`${table.id}-shown`);
  box.addEventListener("input", () => {
    const wanted = box.value.trim().toLowerCase(), rows = [...table.tBodies[0].rows];
    for (const row of rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    said.textContent = wanted ? `${rows.filter((row) => !row.hidden).length} of ${rows.length} shown` : "";
  });
}
