// A message sent after the session had ended is not lost: kept in this tab, it stands in the composer again once its
// writer is back from signing in. `data-draft-of="/path"` marks a form whose text belongs into the composer of that page.
const KEPT = "unsent";
let store = null;
try {
  store = window.sessionStorage;
} catch { /* forbidden: then nothing is kept */ }
const OURS = new Set(["csrf_token", "submission_key"]);

document.addEventListener("submit", (event) => {
  const page = event.target.dataset.draftOf;
  if (!page) return;
  const fields = [...new FormData(event.target)].filter(([name, value]) => typeof value === "string" && !OURS.has(name));
  store?.setItem(KEPT, JSON.stringify({ page, fields }));
}, true);

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx?.sourceElement?.dataset.draftOf) store?.removeItem(KEPT); // it has been answered
});

function restore({ page, fields }) {
  const form = document.querySelector("#composer[data-draft-of]");
  if (form?.dataset.draftOf !== page) return;
  for (const [name, value] of fields) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
}

// Only right after signing in; any other page forgets it.
if (!document.querySelector("form[action='/login']")) {
  const kept = store?.getItem(KEPT);
  store?.removeItem(KEPT);
  if (kept && new URL(document.referrer || "about:blank").pathname === "/login") restore(JSON.parse(kept));
}
