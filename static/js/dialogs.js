// `data-dialog="id"` opens that dialog; closing hands the focus back to the opener (the browser does that for modals).
for (const opener of document.querySelectorAll("[data-dialog][hidden]")) opener.hidden = false;

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  else if (event.target.matches?.("dialog.dialog:modal")) event.target.close(); // a click on the veil
});
