// The live stream of a page: says so when it has been away for half a minute, and stops saying it when it is back.
// A stream that comes back (the server was away, the tab was hidden) has missed changes: the page looks once.
const PATIENCE = 30_000;
const AGAIN = 5_000;
const note = document.querySelector("#live-bar > p");
const stream = document.querySelector("[hx-sse\\:connect]");
let timer = null;
let missed = false;

function lost() {
  missed = true;
  timer ??= setTimeout(() => { note.hidden = false; }, PATIENCE);
}

function back() {
  clearTimeout(timer);
  timer = null;
  note.hidden = true;
}

function connected(event) {
  back();
  if (missed || event.detail.connection.attempt > 0) {
    for (const name of ["queue-changed", "ticket-changed"]) document.body.dispatchEvent(new Event(name));
  }
  missed = false;
}

// htmx takes a lost stream up again, but not one that never came.
function neverCame(event) {
  if (event.target !== stream) return;
  lost();
  setTimeout(() => window.htmx.ajax("GET", stream.getAttribute("hx-sse:connect"), { source: stream }), AGAIN);
}

if (note) {
  document.addEventListener("htmx:error", neverCame);
  document.addEventListener("htmx:response:error", neverCame);
  document.addEventListener("htmx:sse:error", lost);
  document.addEventListener("htmx:sse:after:connection", connected);
  document.addEventListener("htmx:sse:after:message", back);
  window.addEventListener("offline", lost);
  window.addEventListener("online", () => { if (!stream) back(); });
}
