// Where the focus goes: to the first wrong field of a page that came back with errors, to the fresh textarea after a
// reply or its refusal, to the page's heading when what had the focus is gone. Live updates never move it.
const ACTED = "form[method=post], form[method=post] *, [hx-post], [hx-patch], [hx-delete]";

document.querySelector("main [aria-invalid=true]:not([type=hidden])")?.focus();

document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail.ctx?.sourceElement;
  if (!source?.matches(ACTED)) return;
  const form = source.closest("form");
  const textarea = form?.id && document.getElementById(form.id)?.querySelector("textarea");
  if (textarea) textarea.focus();
  else if (document.activeElement === document.body) document.querySelector("main h1[tabindex]")?.focus();
});
