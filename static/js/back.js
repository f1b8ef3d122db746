// The way back from a ticket leads to the list it was opened from, with its view, filters and search.
const KEPT = "list";

if (location.pathname === "/agent") sessionStorage.setItem(KEPT, location.search);
document.addEventListener("htmx:after:swap", () => {
  if (location.pathname === "/agent") sessionStorage.setItem(KEPT, location.search);
});

for (const link of document.querySelectorAll("[data-back-to='/agent']")) link.search = sessionStorage.getItem(KEPT) ?? "";
document.addEventListener("htmx:after:process", () => {
  for (const link of document.querySelectorAll("[data-back-to='/agent']")) link.search = sessionStorage.getItem(KEPT) ?? "";
});
