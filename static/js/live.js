// Says so when the live stream has been away for half a minute, and stops saying it when it is back.
const PATIENCE = 30_000;
const note = document.querySelector("#live-bar > p");
let timer = null;

function lost() {
  timer ??= setTimeout(() => { note.hidden = false; }, PATIENCE);
}

function back() {
  clearTimeout(timer);
  timer = null;
  note.hidden = true;
}

if (note) {
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:after:connection", back);
  document.addEventListener("htmx:sse:after:message", back);
  window.addEventListener("offline", lost);
  window.addEventListener("online", () => { if (!document.querySelector("[hx-sse\\:connect]")) back(); });
}
