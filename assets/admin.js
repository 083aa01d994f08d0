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
      // Where it is kept that somebody looks, the page says so by a POST.
      const { csrf, seen } = box.dataset;
      const told = csrf ? { method: "POST", body: new URLSearchParams({ csrf, seen }) } : {};
      const answer = await fetch(box.dataset.news, { headers: { accept: "application/json" }, redirect: "error", ...told });
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

// A chat: new lines come as they are said, and the forms are about the thread that is shown. Without this the page is reloaded.
(() => {
  "use strict";
  const thread = document.querySelector("[data-stream]");
  const model = document.querySelector("template[data-stream-line]");
  if (!thread || !model || !window.EventSource) return;
  const news = document.querySelector("[data-news]");
  // Once something else happened to the ticket, its forms stay stale until the page is reloaded.
  let stands = true, shown = 0;
  const source = new EventSource(thread.dataset.stream);
  source.addEventListener("moved", () => { stands = false; });
  source.addEventListener("line", (event) => {
    const line = JSON.parse(event.data);
    if (line.id <= shown) return;
    shown = line.id;
    const item = model.content.firstElementChild.cloneNode(true);
    item.classList.add("message-" + line.author);
    item.classList.toggle("message-note", line.internal);
    item.querySelector(".badge").hidden = !line.internal;
    item.querySelector("[data-by]").textContent = line.by;
    const time = item.querySelector("time");
    time.dateTime = line.at + "Z";
    time.textContent = line.time;
    item.querySelector(".said").textContent = line.text;
    thread.append(item);
    stands = stands && Boolean(line.seen);
    if (!stands) return;
    for (const input of document.querySelectorAll("input[name=seen]")) input.value = line.seen;
    if (news) news.dataset.seen = line.seen;
  });
})();

// A page of figures that draws itself anew while somebody looks at it. Without this it is reloaded by hand.
(() => {
  "use strict";
  const box = document.querySelector("[data-live]");
  if (!box) return;
  const EVERY = 5000, LONGEST = 120000;
  let wait = EVERY;

  const draw = async () => {
    if (!document.hidden && !box.contains(document.activeElement)) {
      try {
        const answer = await fetch(location.href, { redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        box.replaceChildren(...page.querySelector("[data-live]").childNodes);
        wait = EVERY;
      } catch {
        wait = Math.min(wait * 2, LONGEST);
      }
    }
    setTimeout(draw, wait);
  };
  setTimeout(draw, wait);
})();

// The theme: what is typed is kept as the draft and worn by the page in the frame at once. Without this a button does it.
(() => {
  "use strict";
  const form = document.querySelector("[data-theme]");
  const frame = document.querySelector("[data-theme-frame]");
  if (!form || !frame) return;
  const checks = document.querySelector("[data-theme-checks]");
  const pages = document.querySelector("[data-theme-pages]");
  const list = pages.elements.namedItem("page");
  const PAUSE = 200;
  let timer, asked, sheet;

  const wear = () => {
    const page = frame.contentDocument;
    if (!sheet || !page || !page.head) return;
    let link = page.getElementById("theme");
    if (!link) {
      link = page.createElement("link");
      link.rel = "stylesheet";
      link.id = "theme";
      page.head.append(link);
    }
    if (link.getAttribute("href") !== sheet) link.setAttribute("href", sheet);
  };

  // What is no colour is marked as the server marks it.
  const mark = (wrong) => {
    for (const input of form.querySelectorAll("input[type=text]")) {
      const field = input.closest(".field");
      const text = wrong[input.name];
      let said = document.getElementById("e-" + input.name);
      field.classList.toggle("field-refused", Boolean(text));
      if (!text) {
        said?.remove();
        input.removeAttribute("aria-invalid");
        input.setAttribute("aria-describedby", "h-" + input.name);
        continue;
      }
      if (!said) {
        said = document.createElement("p");
        said.className = "error";
        said.id = "e-" + input.name;
        field.querySelector(".colour-row").before(said);
      }
      said.textContent = text;
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", said.id + " h-" + input.name);
    }
  };

  const send = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { accept: "application/json" }, redirect: "error", signal: asked.signal });
      if (!answer.ok) return;
      const told = await answer.json();
      mark(told.wrong);
      if (!told.sheet) return;
      const open = checks.querySelector("details")?.open;
      checks.innerHTML = told.checks;
      if (open) checks.querySelector("details").open = true;
      sheet = told.sheet;
      wear();
    } catch {
      // The button still works.
    }
  };
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE);
  });
  // What is on its way must not arrive after what is sent now.
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    asked?.abort();
  });

  for (const picker of form.querySelectorAll("[data-colour]")) {
    const typed = document.getElementById(picker.dataset.colour);
    picker.hidden = false;
    picker.addEventListener("input", () => { typed.value = picker.value; });
    typed.addEventListener("input", () => {
      const text = typed.value.trim().toLowerCase();
      if (/^#?[0-9a-f]{6}$/.test(text)) picker.value = text.startsWith("#") ? text : "#" + text;
    });
  }

  const look = (path) => {
    frame.src = pages.dataset.themePages + encodeURIComponent(path);
    for (const field of document.querySelectorAll("input[type=hidden][name=page]")) field.value = path;
  };
  pages.querySelector("button").hidden = true;
  list.addEventListener("change", () => look(list.value));
  // Links in the frame lead through the shop in the draft, where it can be shown in it, and nowhere else.
  const follow = () => {
    const page = frame.contentDocument;
    if (!page) return;
    wear();
    page.addEventListener("click", (event) => {
      const link = event.target.closest("a[href]");
      if (!link) return;
      const to = new URL(link.href, location.href);
      if (to.hash && to.pathname === frame.contentWindow.location.pathname) return;
      event.preventDefault();
      const path = to.pathname.replace(/^\/[a-z]{2,3}(-[a-z]{2,4})?(?=\/|$)/, "") || "/"; // Without the code of a language.
      if (to.origin === location.origin && /^\/$|^\/(categories|products|pages)\/[^/]+$/.test(path)) look(path);
    });
  };
  frame.addEventListener("load", follow);
  if (frame.contentDocument?.readyState === "complete") follow();
})();

// Pictures of a product are put in order by dragging; their numbers follow, which is what is sent. By keyboard the numbers are typed.
(() => {
  "use strict";
  const list = document.querySelector("[data-sort]");
  const rows = () => [...list.querySelectorAll(".picture")];
  if (!list || rows().length < 2 || list.closest("fieldset:disabled")) return;
  const EDGE = 60, STEP = 16;
  let dragged;

  const mark = (row) => {
    for (const other of rows()) other.classList.toggle("drop", other === row);
    list.classList.toggle("drop-last", dragged !== undefined && !row);
  };
  // The row before which it would be put: the first whose middle lies below the pointer.
  const next = (y) => rows().find((row) => y < row.getBoundingClientRect().top + row.offsetHeight / 2);

  for (const row of rows()) {
    const handle = row.querySelector("[data-handle]");
    handle.hidden = false;
    // A finger or a mouse alike. Nothing moves before it is let go: whoever moves an element loses its pointer.
    handle.addEventListener("pointerdown", (event) => {
      if (event.button > 0) return;
      event.preventDefault();
      dragged = row;
      row.classList.add("dragged");
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener("pointermove", (event) => {
      if (dragged !== row) return;
      mark(next(event.clientY));
      if (event.clientY < EDGE) scrollBy(0, -STEP);
      else if (event.clientY > innerHeight - EDGE) scrollBy(0, STEP);
    });
    const end = (event) => {
      if (dragged !== row) return;
      dragged = undefined;
      row.classList.remove("dragged");
      mark();
      if (event.type !== "pointerup") return;
      const before = next(event.clientY);
      if (before) before.before(row);
      else rows().at(-1).after(row);
      rows().forEach((one, at) => { one.querySelector("input[name$=_position]").value = at + 1; });
    };
    handle.addEventListener("pointerup", end);
    handle.addEventListener("pointercancel", end);
  }
  list.querySelector("[data-sort-hint]").hidden = false;
})();
