// Puts the parts to work.
const cuts = document.getElementById("cuts");
if (cuts) new Explorer(document.getElementById("explorer"), read("cuts"));
document.querySelectorAll("table[data-sortable]").forEach(sortable);
document.querySelectorAll("input[data-filter]").forEach((box) => { box.closest("[hidden]").hidden = false; filtered(box); });
document.querySelectorAll("fieldset[data-matrix]").forEach((each) => { each.hidden = false; normalised(each); });
addEventListener("load", () => setTimeout(drawAll));

// Print shows what is folded away.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not([open])")];
  for (const each of opened) each.open = true;
});
addEventListener("afterprint", () => { for (const each of opened) each.open = false; });
