"use strict";
// The pickers of a decision: opened by keys, searched by letters, chosen by arrows and Enter. Without this script
// they are lists to open.
(() => {
  const form = document.querySelector("form[data-decide]");
  if (!form) return;
  form.classList.add("scripted");
  for (const part of form.querySelectorAll("[data-search], .opens")) part.hidden = false;

  for (const button of form.querySelectorAll(".opens")) {
    const picker = document.getElementById(button.dataset.opens);
    button.setAttribute("aria-expanded", String(picker.open));
    button.addEventListener("click", () => {
      for (const other of form.querySelectorAll(".opens")) {
        const fold = document.getElementById(other.dataset.opens);
        fold.open = fold === picker && !(picker.open && document.activeElement === button);
        other.setAttribute("aria-expanded", String(fold.open));
      }
      const first = picker.querySelector("input[type=search], input[type=radio]:checked, input[type=radio]");
      if (picker.open) first?.focus();
    });
  }

  const search = form.querySelector("[data-finds]");
  const choices = [...document.getElementById(search.dataset.finds).querySelectorAll("[data-words]")];
  const status = search.parentElement.querySelector("[role=status]");
  const left = () => choices.filter((each) => !each.hidden);
  const mark = (choice) => {
    for (const each of choices) each.classList.toggle("hit", each === choice);
    if (!choice) return;
    choice.querySelector("input").checked = true;
    choice.scrollIntoView({ block: "nearest" });
    status.textContent = `${choice.querySelector("strong").textContent}, ${left().indexOf(choice) + 1} of ${left().length}`;
  };
  search.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const each of choices) each.hidden = !words.every((word) => each.dataset.words.includes(word));
    for (const branch of form.querySelectorAll(".branch")) branch.hidden = !branch.querySelector("[data-words]:not([hidden])");
    mark(left()[0]);
    if (!left().length) status.textContent = "no leaf has these letters";
  });
  search.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      const at = left().findIndex((each) => each.classList.contains("hit"));
      mark(left()[(at + step + left().length) % left().length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (left().some((each) => each.classList.contains("hit"))) document.getElementById(search.dataset.submits).click();
    }
  });
  // Enter in a list of choices would otherwise press the form's first button.
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input[type=radio]")) return;
    event.preventDefault();
    const taken = event.target.name === "leaf" ? "take-leaf" : "take-scope";
    document.getElementById(taken).click();
  });
})();
