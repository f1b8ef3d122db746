// Everything here adds comfort to pages that work without it.
import "../vendor/github-elements/github-elements.js";
import "./dialogs.js";
import "./files.js";
import "./focus.js";
import "./hotkeys.js";
import "./live.js";
import "./menus.js";
import "./reveal.js";
import "./rows.js";
import "./sla_timer.js";
import "./theme.js";
import "./toasts.js";

for (const bar of document.querySelectorAll("markdown-toolbar[hidden]")) bar.hidden = false;
document.addEventListener("htmx:after:process", () => {
  for (const bar of document.querySelectorAll("markdown-toolbar[hidden]")) bar.hidden = false;
});
