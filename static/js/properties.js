// What stands in the properties follows the server, except a field somebody is writing in: a morph leaves a field's text
// alone once it was touched, so the untouched ones, and those of the form that was just sent, are set anew.
const touched = (field) => field.value !== field.defaultValue;
let kept = [];

document.addEventListener("htmx:before:swap", (event) => {
  const sent = event.detail.ctx?.sourceElement?.closest("form");
  kept = [...document.querySelectorAll("#props input:not([type=hidden])")].filter((field) => touched(field) && field.form !== sent).map((field) => field.id);
});

document.addEventListener("htmx:after:swap", () => {
  for (const field of document.querySelectorAll("#props input:not([type=hidden])")) {
    if (!kept.includes(field.id)) field.value = field.defaultValue;
  }
});
