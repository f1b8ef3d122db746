// Lists of tickets: the number of ticked rows, tick all, and j / k / x on the keyboard (Enter opens: the row's link has the focus).
const STEPS = { j: 1, k: -1 };

function picks() {
  return [...document.querySelectorAll("[data-rows] tbody input[type=checkbox]")];
}

function count() {
  const all = picks();
  const ticked = all.filter((pick) => pick.checked).length;
  for (const output of document.querySelectorAll("[data-picked]")) output.textContent = `${ticked} selected`;
  for (const master of document.querySelectorAll("[data-pick-all]")) {
    master.checked = ticked > 0 && ticked === all.length;
    master.indeterminate = ticked > 0 && ticked < all.length;
  }
}

function step(by) {
  const links = [...document.querySelectorAll("[data-rows] .subject a")];
  const here = links.indexOf(document.activeElement?.closest("tr")?.querySelector(".subject a"));
  links[Math.min(Math.max(here + by, 0), links.length - 1)]?.focus();
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-pick-all]")) for (const pick of picks()) pick.checked = event.target.checked;
  if (event.target.matches("[data-rows] input[type=checkbox]")) count();
});
document.addEventListener("reset", () => setTimeout(count));
document.addEventListener("htmx:after:swap", count);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-rows]")) return;
  if (document.documentElement.dataset.hotkeys === "off" || document.querySelector("dialog:modal")) return;
  if (event.target.matches("input:not([type=checkbox]), textarea, select, [contenteditable]")) return;
  if (event.key in STEPS) step(STEPS[event.key]);
  else if (event.key === "x") document.activeElement?.closest("[data-rows] tbody tr")?.querySelector("input[type=checkbox]")?.click();
});

count();
