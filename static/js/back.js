// The way back from a ticket leads to the list it was opened from, with its view, filters and search.
const KEPT = "list";

// A browser may forbid storage; then the way back is the list as it opens.
function stored() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function remember() {
  if (location.pathname === "/agent") stored()?.setItem(KEPT, location.search);
}

function lead() {
  for (const link of document.querySelectorAll("[data-back-to='/agent']")) link.search = stored()?.getItem(KEPT) ?? "";
}

remember();
lead();
document.addEventListener("htmx:after:swap", remember);
document.addEventListener("htmx:after:process", lead);
