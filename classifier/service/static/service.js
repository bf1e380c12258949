"use strict";
// Single keys, dropping files, and a switch for the keys. Everything works without this script too.
(() => {
  const FIELD = "input, textarea, select, [contenteditable]";
  const keys = document.getElementById("keys");
  const STORED = "classifier-keys";

  const areOn = () => !keys || keys.checked;
  if (keys) {
    keys.checked = localStorage.getItem(STORED) !== "off";
    keys.addEventListener("change", () => localStorage.setItem(STORED, keys.checked ? "on" : "off"));
    keys.closest("label").hidden = false;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const inField = event.target.matches?.(FIELD) && !event.target.matches("[type=radio], [type=checkbox], [type=file]");
    if (event.key === "Escape" && inField) event.target.blur();
    if (inField || !areOn()) return;
    const target = [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input:not([type=file]), select, textarea")) target.focus();
    else target.click(); // of a file's field: opens the choice of files
    if (target.matches("summary")) target.focus();
  });

  const form = document.querySelector("form[data-drop]");
  if (!form) return;
  const field = form.elements[form.dataset.drop];
  const show = (is) => form.classList.toggle("dropping", is);
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    show(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && show(false));
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    show(false);
    field.files = event.dataTransfer.files;
    field.focus();
  });
})();
