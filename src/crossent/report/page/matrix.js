// What the cells of the confusion matrix are shares of: the true class, the decision, or all rows.
function normalised(switches) {
  const cells = document.querySelectorAll("#confusion [data-count]");
  const show = (by) => {
    for (const cell of cells) {
      const whole = Number(cell.dataset[by]), part = whole ? Number(cell.dataset.count) / whole : NaN;
      cell.querySelector(".share").textContent = percent(part);
      cell.style.setProperty("--share", Number.isNaN(part) ? 0 : part);
    }
    views.get(document.querySelector("[data-chart=chart-confusion]"))?.view.signal("by", by).runAsync();
  };
  addEventListener("drawn", ({ target }) => {
    if (target.dataset.chart === "chart-confusion") show(switches.querySelector("input:checked").value);
  });
  for (const each of switches.querySelectorAll("input")) each.addEventListener("change", () => show(each.value));
}
