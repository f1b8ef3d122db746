// <file-drop max-files max-mb total-mb>: a file input that also takes drops and pastes anywhere in its form,
// lists what was chosen, and says at once what the server would refuse. The server checks all of it again.
const MB = 1024 * 1024;

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < MB ? `${Math.round(bytes / 1024)} KB` : `${(bytes / MB).toFixed(1)} MB`;
}

class FileDrop extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input[type=file]");
    this.list = this.querySelector(".chosen");
    this.files = [...this.input.files];
    this.listening = new AbortController();
    const here = { signal: this.listening.signal };
    this.input.addEventListener("change", () => this.add([...this.input.files]), here);
    this.list.addEventListener("click", (event) => this.remove(event), here);
    const form = this.closest("form");
    form.addEventListener("dragover", (event) => this.over(event), here);
    form.addEventListener("dragleave", (event) => { if (!form.contains(event.relatedTarget)) this.classList.remove("over"); }, here);
    form.addEventListener("drop", (event) => this.drop(event), here);
    form.addEventListener("paste", (event) => this.paste(event), here);
    form.addEventListener("reset", () => this.take([]), here);
    this.show();
  }

  disconnectedCallback() {
    this.listening.abort();
  }

  over(event) {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    this.classList.add("over");
  }

  drop(event) {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    this.classList.remove("over");
    this.add([...event.dataTransfer.files]);
  }

  paste(event) {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    this.add([...event.clipboardData.files]);
  }

  // The same file chosen twice counts once.
  add(files) {
    const known = new Set(this.files.map((file) => file.name + file.size));
    this.take([...this.files, ...files.filter((file) => !known.has(file.name + file.size))]);
  }

  remove(event) {
    const button = event.target.closest("button");
    if (!button) return;
    const at = [...this.list.children].indexOf(button.closest("li"));
    this.take(this.files.filter((_, index) => index !== at));
    (this.list.querySelectorAll("button")[Math.max(at - 1, 0)] ?? this.input).focus();
  }

  take(files) {
    this.files = files;
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    this.input.files = carrier.files;
    this.show();
  }

  show() {
    const limit = this.number("max-mb");
    this.list.replaceChildren(...this.files.map((file) => this.row(file, file.size > limit * MB)));
    const problem = this.problem();
    this.querySelector(".problem").textContent = problem;
    this.input.setCustomValidity(problem);
  }

  number(name) {
    return Number(this.getAttribute(name));
  }

  problem() {
    const large = this.files.find((file) => file.size > this.number("max-mb") * MB);
    const total = this.files.reduce((sum, file) => sum + file.size, 0);
    if (this.files.length > this.number("max-files")) return `Up to ${this.number("max-files")} files can be sent at once; remove ${this.files.length - this.number("max-files")}.`;
    if (large) return `${large.name} is larger than ${this.number("max-mb")} MB.`;
    if (total > this.number("total-mb") * MB) return `Together the files are ${size(total)}; up to ${this.number("total-mb")} MB can be sent at once.`;
    return "";
  }

  row(file, bad) {
    const row = document.createElement("li");
    row.classList.toggle("bad", bad);
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "\u00d7";
    button.setAttribute("aria-label", `Remove ${file.name}`);
    row.append(
      Object.assign(document.createElement("span"), { className: "name", textContent: file.name }),
      Object.assign(document.createElement("small"), { textContent: size(file.size) }),
      button,
    );
    return row;
  }
}

customElements.define("file-drop", FileDrop);
