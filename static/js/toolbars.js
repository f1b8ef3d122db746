// Formatting buttons over a textarea: hidden until this runs, as they do nothing without it.
import "../vendor/github-elements/github-elements.js";

function reveal() {
  for (const bar of document.querySelectorAll("markdown-toolbar[hidden]")) bar.hidden = false;
}

reveal();
document.addEventListener("htmx:after:process", reveal);
