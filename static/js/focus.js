// Where the focus goes: to the first wrong field after an error, to what asks for it (`autofocus`) after a swap,
// to the list's heading after its rows were acted on. Live updates never move it.
const WRONG = "[aria-invalid=true]:not([type=hidden])";

document.querySelector(`main ${WRONG}`)?.focus();

let acted = false;
document.addEventListener("htmx:before:request", (event) => {
  const element = event.detail.ctx?.sourceElement;
  acted = Boolean(element?.matches("form[method=post], form[method=post] *, [hx-post], [hx-patch], [hx-delete]"));
});

document.addEventListener("htmx:after:swap", (event) => {
  if (!acted || event.detail.ctx?.sourceElement?.hasAttribute("hx-sse:connect")) return;
  const place = event.target.closest?.("main, body") ?? document;
  const wanted = place.querySelector(WRONG) ?? place.querySelector("textarea[autofocus]");
  if (wanted) wanted.focus();
  else if (document.activeElement === document.body) document.querySelector("main h1[tabindex]")?.focus();
});
