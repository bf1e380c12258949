"use strict";
// Filter, sort and open the table of items. Without this script everything is shown, in the suite's order.
(() => {
  const table = document.getElementById("item-table");
  const tools = document.getElementById("tools");
  const items = [...table.tBodies];
  const search = document.getElementById("search");
  const outcome = document.getElementById("outcome");
  const gold = document.getElementById("gold");
  const shown = document.getElementById("shown");
  const toggle = document.getElementById("toggle");
  const words = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));

  const isWanted = (item) =>
    words.get(item).includes(search.value.trim().toLowerCase()) &&
    (!outcome.value || (outcome.value === "review" ? "review" in item.dataset : item.dataset.outcome === outcome.value)) &&
    (!gold.value || item.dataset.gold === gold.value);

  const filter = () => {
    let count = 0;
    for (const item of items) {
      item.hidden = !isWanted(item);
      count += item.hidden ? 0 : 1;
    }
    shown.textContent = `${count} of ${items.length} items`;
  };

  const valueOf = (item, column) => {
    const cell = item.rows[0].cells[column];
    return cell.dataset.value ?? cell.textContent.trim().toLowerCase();
  };

  const sort = (head) => {
    const direction = head.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", direction);
    const sign = direction === "ascending" ? 1 : -1;
    const compare = head.dataset.sort === "number" ? (a, b) => a - b : (a, b) => a.localeCompare(b);
    const order = [...items].sort((a, b) => sign * compare(valueOf(a, head.cellIndex), valueOf(b, head.cellIndex)));
    table.append(...order);
  };

  const openTarget = () => {
    const item = items.find((each) => `#${each.id}` === location.hash);
    if (!item) return;
    if (item.hidden) {
      tools.reset();
      filter();
    }
    item.querySelector("details").open = true;
    item.scrollIntoView();
  };

  for (const head of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => sort(head));
    head.replaceChildren(button);
  }
  toggle.addEventListener("click", () => {
    const open = toggle.getAttribute("aria-pressed") !== "true";
    for (const item of items) item.querySelector("details").open = open;
    toggle.setAttribute("aria-pressed", String(open));
    toggle.textContent = open ? "Close all" : "Open all";
  });
  for (const control of [search, outcome, gold]) control.addEventListener("input", filter);
  tools.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", openTarget);
  tools.hidden = false;
  filter();
  openTarget();
})();
