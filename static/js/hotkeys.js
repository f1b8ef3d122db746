// `data-hotkey` on a link, button or field; `data-hotkey-check` ticks a radio and moves to its textarea; `data-hotkey-focus`
// only moves to a button, where Enter presses it: for what mails somebody and cannot be taken back.
// Single keys are ignored while typing, and switched off by `data-hotkeys="off"` on <html> (a person's setting).
import { install, uninstall } from "../vendor/github-elements/github-elements.js";

const ours = new Set();

function refresh() {
  if (document.documentElement.dataset.hotkeys === "off") return;
  for (const element of ours) {
    if (!element.isConnected) {
      uninstall(element);
      ours.delete(element);
    }
  }
  for (const element of document.querySelectorAll("[data-hotkey], [data-hotkey-check], [data-hotkey-focus]")) {
    if (ours.has(element)) continue;
    install(element, element.dataset.hotkey ?? element.dataset.hotkeyCheck ?? element.dataset.hotkeyFocus);
    ours.add(element);
  }
}

// The event does not bubble, so it is caught on its way down.
document.addEventListener("hotkey-fire", (event) => {
  const { hotkeyCheck, hotkeyFocus } = event.target.dataset;
  if (hotkeyCheck === undefined && hotkeyFocus === undefined) return;
  event.preventDefault();
  if (hotkeyFocus !== undefined) {
    event.target.focus();
    return;
  }
  event.target.checked = true;
  event.target.form.querySelector("textarea")?.focus();
}, true);

// Escape leaves what one writes in, so that the single keys work again.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !event.isComposing && event.target.matches("#composer textarea")) event.target.blur();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("textarea")?.form;
  if (!form) return;
  event.preventDefault();
  form.requestSubmit([...form.querySelectorAll("button:not([type=button], [type=reset])")].find((button) => button.offsetParent));
});

refresh();
document.addEventListener("htmx:after:process", refresh);
