// Short good news. The server asks with the header HX-Trigger: {"toast":{"text":"Reply sent","undo":"/path"}}.
const SHOWN_FOR = 5000;

document.addEventListener("toast", (event) => {
  document.getElementById("alerts")?.replaceChildren(); // what was refused before has gone well now
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.append(symbol("circle-check"), Object.assign(document.createElement("span"), { textContent: event.detail.text }));
  if (event.detail.undo?.startsWith("/")) {
    toast.append(Object.assign(document.createElement("a"), { href: event.detail.undo, textContent: "Undo" }));
  }
  document.getElementById("toasts").append(toast);
  fade(toast);
});

for (const toast of document.querySelectorAll("#toasts > .toast:not(.stays)")) fade(toast);

// Gone after five seconds, but never under the pointer or while something in it has the focus.
function fade(toast) {
  let timer = setTimeout(() => toast.remove(), SHOWN_FOR);
  const hold = () => clearTimeout(timer);
  const release = () => { hold(); timer = setTimeout(() => toast.remove(), SHOWN_FOR); };
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("pointerleave", release);
  toast.addEventListener("focusout", release);
}

// A symbol of the sprite, whose address is read from an icon that is already on the page.
function symbol(name) {
  const icon = document.querySelector("svg.icon").cloneNode(true);
  icon.setAttribute("class", "icon");
  const use = icon.querySelector("use");
  use.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${name}`);
  return icon;
}
