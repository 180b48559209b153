// Forms marked with data-submit-on-change need no button: choosing is enough.
// Without JavaScript the button stays.
for (const form of document.querySelectorAll("form[data-submit-on-change]")) {
  form.querySelector("button[type=submit]").hidden = true;
  form.addEventListener("change", () => form.requestSubmit());
}
