// A page that was open for very long learns its new token with the refusal of the old one, and its forms work again.
document.addEventListener("fresh-token", (event) => {
  for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = event.detail.token;
});
