"use strict";
// Search and open the papers. Without this script everything is shown.
(() => {
  const tools = document.getElementById("tools");
  const papers = [...document.querySelectorAll(".paper")];
  const groups = [...document.querySelectorAll(".group")];
  const search = document.getElementById("search");
  const status = document.getElementById("status");
  const shown = document.getElementById("shown");
  const toggle = document.getElementById("toggle");
  const words = new Map(papers.map((paper) => [paper, paper.textContent.toLowerCase()]));

  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let count = 0;
    for (const paper of papers) {
      paper.hidden = !words.get(paper).includes(wanted) || (status.value !== "" && paper.dataset.status !== status.value);
      count += paper.hidden ? 0 : 1;
    }
    const searching = wanted !== "" || status.value !== "";
    for (const group of groups) group.hidden = searching && !group.querySelector(".paper:not([hidden])");
    shown.textContent = `${count} of ${papers.length} papers`;
  };

  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-pressed") !== "true";
    for (const each of document.querySelectorAll(".paper details")) each.open = open;
    toggle.setAttribute("aria-pressed", String(open));
    toggle.textContent = open ? "Close all" : "Open all";
  });
  for (const control of [search, status]) control.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.hidden = false;
  filter();
})();
