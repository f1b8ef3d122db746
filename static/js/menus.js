// `details.menu` closes on Escape, on a click elsewhere, and once one of its items was chosen.
function closeAll(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(except)) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeAll(event.target));
document.addEventListener("focusin", (event) => closeAll(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.activeElement?.closest("details.menu[open]");
  closeAll(null);
  menu?.querySelector("summary").focus();
});
