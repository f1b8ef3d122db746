// Arrow keys from a search field into its results and back; Escape returns to the field.
function links(field) {
  return [...(document.getElementById(field.dataset.results)?.querySelectorAll("a[href]") ?? [])];
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
  const field = document.querySelector("input[data-results]");
  if (!field) return;
  const found = links(field);
  const here = found.indexOf(document.activeElement);
  if (document.activeElement !== field && here < 0) return;
  if (event.key === "Escape") {
    if (here >= 0) field.focus();
    return;
  }
  event.preventDefault();
  const next = here + (event.key === "ArrowDown" ? 1 : -1);
  if (next < 0) field.focus();
  else found[Math.min(next, found.length - 1)]?.focus();
});
