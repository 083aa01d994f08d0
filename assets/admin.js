// A slash leads to the search box, unless somebody is typing.
(() => {
  "use strict";
  const box = document.getElementById("find");
  if (!box) return;
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
})();

// In a table of inputs the arrow keys up and down move through a column, as in a spreadsheet. Tab works as everywhere.
(() => {
  "use strict";
  const grid = document.querySelector("[data-grid] table");
  if (!grid) return;
  const kind = (input) => input.name.replace(/^[pv]\d+_/, "");
  grid.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const from = event.target.closest("input");
    if (!step || !from || event.altKey || event.ctrlKey || event.metaKey) return;
    const column = [...grid.querySelectorAll("input:not([type=hidden])")].filter((input) => kind(input) === kind(from));
    const to = column[column.indexOf(from) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.select();
  });
})();

// Tells an open page that it is not true any more. The page works without it.
(() => {
  "use strict";
  const box = document.querySelector("[data-news]");
  if (!box) return;
  const EVERY = 5000, LONGEST = 120000;
  let wait = EVERY, timer, asking = false;

  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  };

  // Only a page that somebody sees asks, one question at a time; when no good answer comes, it asks less and less often.
  const ask = async () => {
    if (document.hidden || asking) return;
    asking = true;
    try {
      const answer = await fetch(box.dataset.news, { headers: { accept: "application/json" }, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const { text } = await answer.json();
      if (text && box.firstElementChild.textContent !== text) {
        box.firstElementChild.textContent = text;
        box.hidden = false;
      }
      wait = EVERY;
    } catch {
      wait = Math.min(wait * 2, LONGEST);
    }
    asking = false;
    plan();
  };

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) ask();
  });
  plan();
})();
