// An agent's thread: opens at its newest message, goes along with what its reader sends, and says with a button that
// something has arrived below, instead of moving the page under somebody who reads.
const thread = document.querySelector(".ticket #thread");
const composer = () => document.querySelector(".ticket #composer");
let seen = thread ? count() : 0;
let sent = false;

function count() {
  return document.querySelectorAll("#thread > .msg").length;
}

// The composer sticks to the bottom and hides as much of the thread as it is high.
function reachesEnd() {
  const last = document.querySelector("#thread > :last-child");
  return !last || last.getBoundingClientRect().bottom <= Math.min(composer().getBoundingClientRect().top, innerHeight) + 8;
}

function toEnd() {
  const last = document.querySelector("#thread > :last-child");
  if (!last || reachesEnd()) return;
  const hidden = Math.max(innerHeight - composer().getBoundingClientRect().top, 0);
  last.style.scrollMarginBlockEnd = `${hidden + 16}px`;
  last.scrollIntoView({ block: "end" });
}

function announce(arrived) {
  const button = document.getElementById("news-below");
  button.querySelector("span").textContent = arrived === 1 ? "1 new message" : `${arrived} new messages`;
  button.hidden = false;
}

function settle() {
  seen = count();
  document.getElementById("news-below").hidden = true;
}

if (thread) {
  if (!location.hash) toEnd();
  let wasAtEnd = true;
  document.addEventListener("htmx:before:swap", () => { wasAtEnd = reachesEnd(); });
  document.addEventListener("submit", (event) => { sent = event.target.id === "composer"; }, true);
  document.addEventListener("htmx:response:error", () => { sent = false; });
  document.addEventListener("htmx:error", () => { sent = false; });
  document.addEventListener("htmx:after:swap", () => {
    const arrived = count() - seen;
    if (arrived <= 0) return;
    if (sent || wasAtEnd) {
      sent = false;
      toEnd();
      settle();
    } else announce(arrived);
  });
  document.getElementById("news-below").addEventListener("click", () => {
    const last = document.querySelector("#thread > .msg:last-of-type") ?? thread;
    toEnd();
    last.tabIndex = -1;
    last.focus({ preventScroll: true });
    settle();
  });
  addEventListener("scroll", () => { if (reachesEnd()) settle(); }, { passive: true });
}
