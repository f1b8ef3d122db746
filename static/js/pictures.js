// Pictures for a text: chosen, dropped or pasted, they are stored at once and their Markdown is put where the cursor is.
const input = document.querySelector("input[data-picture]");

async function store(file) {
  const area = document.getElementById(input.dataset.into);
  const problem = document.getElementById("picture-problem");
  problem.textContent = "";
  const form = new FormData();
  form.append("image", file);
  form.append("csrf_token", input.form.elements.csrf_token.value);
  try {
    const answer = await fetch(input.dataset.picture, { method: "POST", body: form });
    const told = await answer.json();
    if (answer.ok) put(area, told.markdown);
    else problem.textContent = told.problem;
  } catch {
    problem.textContent = "The picture could not be sent. Please try again.";
  }
}

function put(area, markdown) {
  area.setRangeText(`\n\n${markdown}\n\n`, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

function take(event, files) {
  const pictures = [...files].filter((file) => file.type.startsWith("image/"));
  if (!pictures.length) return;
  event.preventDefault();
  pictures.forEach(store);
}

if (input) {
  const area = document.getElementById(input.dataset.into);
  input.addEventListener("change", () => { if (input.files[0]) store(input.files[0]); input.value = ""; });
  area.addEventListener("drop", (event) => take(event, event.dataTransfer.files));
  area.addEventListener("paste", (event) => take(event, event.clipboardData.files));
}
