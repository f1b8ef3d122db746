// Lists of tickets: j / k move between the rows (Enter opens: the row's link has the focus).
const STEPS = { j: 1, k: -1 };

function step(by) {
  const links = [...document.querySelectorAll("[data-rows] .subject a")];
  const here = links.indexOf(document.activeElement?.closest("tr")?.querySelector(".subject a"));
  links[Math.min(Math.max(here + by, 0), links.length - 1)]?.focus();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !document.querySelector("[data-rows]")) return;
  if (document.documentElement.dataset.hotkeys === "off" || document.querySelector("dialog:modal")) return;
  if (event.target.matches("input, textarea, select, [contenteditable]")) return;
  if (event.key in STEPS) step(STEPS[event.key]);
});
