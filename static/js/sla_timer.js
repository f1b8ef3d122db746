// <sla-timer due="…" warn="…" format="short|long">: the time left, recounted every 30 s, in the server's own wording.
const EVERY = 30_000;
const MINUTE = 60_000;
const DAY = 24 * 60;
const WORDS = { ok: "On track", risk: "Due soon", breached: "Overdue" };
const SYMBOLS = { ok: "clock", risk: "clock", breached: "flame" };

function short(minutes) {
  const sign = minutes < 0 ? "\u2212" : "";
  const left = Math.abs(minutes);
  if (left >= 2 * DAY) return `${sign}${Math.floor(left / DAY)}d ${Math.floor((left % DAY) / 60)}h`;
  return `${sign}${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function long(minutes) {
  const left = Math.abs(minutes);
  const hours = Math.floor(left / 60);
  let text = `${left} min`;
  if (left >= 2 * DAY) text = `${Math.floor(left / DAY)} d ${Math.floor((left % DAY) / 60)} h`;
  else if (left >= 60) text = `${hours} h ${left % 60} min`;
  return minutes < 0 ? `Overdue by ${text}` : `${text} left`;
}

class SlaTimer extends HTMLElement {
  connectedCallback() {
    this.timer = setInterval(() => this.recount(), EVERY);
    this.recount();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  recount() {
    const now = Date.now();
    const due = Date.parse(this.getAttribute("due"));
    const warn = Date.parse(this.getAttribute("warn") ?? "");
    if (Number.isNaN(due)) return;
    const minutes = Math.floor((due - now) / MINUTE);
    this.mark(now >= due ? "breached" : now >= warn ? "risk" : "ok");
    this.say(".left", this.getAttribute("format") === "long" ? long(minutes) : short(minutes));
    if (this.title) this.title = `${this.getAttribute("label")}: ${long(minutes)}`;
    const bar = this.querySelector("progress");
    if (bar) bar.value = Math.min(bar.max - minutes, bar.max);
  }

  mark(level) {
    if (this.classList.contains(level)) return;
    this.classList.remove(...Object.keys(WORDS));
    this.classList.add(level);
    this.say(".vh", `${WORDS[level]} `);
    const use = this.querySelector("use");
    use?.setAttribute("href", `${use.getAttribute("href").split("#")[0]}#${SYMBOLS[level]}`);
  }

  say(part, text) {
    const place = this.querySelector(part);
    if (place && place.textContent !== text) place.textContent = text;
  }
}

customElements.define("sla-timer", SlaTimer);
