// A message sent after the session had ended is not lost: kept in this tab, it stands in the composer again once its
// writer is back from signing in. Any other page forgets it.
const KEPT = "unsent";
const OURS = new Set(["csrf_token", "submission_key"]);

document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer") return;
  const fields = [...new FormData(event.target)].filter(([name, value]) => typeof value === "string" && !OURS.has(name));
  sessionStorage.setItem(KEPT, JSON.stringify({ page: location.pathname, fields }));
}, true);

function restore({ page, fields }) {
  const form = document.getElementById("composer");
  if (!form || page !== location.pathname) return;
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
}

if (!document.querySelector("form[action='/login']")) {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  if (kept && new URL(document.referrer || "about:blank").pathname === "/login") restore(JSON.parse(kept));
}

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.sourceElement?.id === "composer") sessionStorage.removeItem(KEPT);
});
