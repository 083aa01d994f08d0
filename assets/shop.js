// Makes a page that works without it nicer. Every part stands alone and does nothing where its element is missing.
(() => {
  "use strict";
  const all = (selector, of = document) => Array.from(of.querySelectorAll(selector));
  const one = (selector, of = document) => of.querySelector(selector);

  // What is only there for pages without script.
  for (const part of all("[data-without-script]")) part.hidden = true;

  // Suggestions while typing: a combobox with a listbox.
  const input = one("[data-suggest]");
  if (input) suggest(input);

  function suggest(input) {
    const list = document.createElement("ul");
    list.id = "suggestions";
    list.className = "suggestions";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", input.dataset.suggestLabel);
    const said = document.createElement("p");
    said.className = "visually-hidden";
    said.setAttribute("role", "status");
    input.after(list, said);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) input.setAttribute(name, value);

    let timer, asked, chosen = -1;
    const close = () => {
      list.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (at) => {
      const options = all("[role=option]", list);
      if (!options.length) return;
      chosen = (at + options.length + 1) % (options.length + 1);
      options.forEach((option, i) => option.setAttribute("aria-selected", String(i === chosen)));
      const option = options[chosen];
      if (option) input.setAttribute("aria-activedescendant", option.id);
      else input.removeAttribute("aria-activedescendant");
    };
    const show = (items) => {
      list.replaceChildren(...items.map((item, i) => {
        const option = document.createElement("li");
        option.id = "suggestion-" + i;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.dataset.to = item.to;
        const label = document.createElement("span");
        label.textContent = item.label;
        option.append(label);
        if (item.note) {
          const note = document.createElement("span");
          note.className = "quiet";
          note.textContent = item.note;
          option.append(note);
        }
        return option;
      }));
      chosen = -1;
      list.hidden = !items.length;
      input.setAttribute("aria-expanded", String(items.length > 0));
      input.removeAttribute("aria-activedescendant");
      said.textContent = items.length ? items.length + " " + input.dataset.suggestCount : "";
    };
    const ask = async () => {
      const words = input.value.trim();
      if (asked) asked.abort();
      if (!words) return close();
      asked = new AbortController();
      try {
        const answer = await fetch(input.dataset.suggest + "?q=" + encodeURIComponent(words), { signal: asked.signal, headers: { accept: "application/json" } });
        if (answer.ok) show((await answer.json()).suggestions || []);
      } catch {
        // The search button still works.
      }
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 120); });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !list.hidden) { event.preventDefault(); close(); }
      if (list.hidden) return;
      if (event.key === "ArrowDown") { event.preventDefault(); choose(chosen + 1); }
      if (event.key === "ArrowUp") { event.preventDefault(); choose(chosen < 0 ? -2 : chosen - 1); }
      if (event.key === "Enter" && list.children[chosen]) { event.preventDefault(); location.assign(list.children[chosen].dataset.to); }
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) location.assign(option.dataset.to);
    });
    input.addEventListener("blur", close);
  }

  // Articles that may answer a question, while it is typed: what the search for articles finds.
  const asking = one("[data-answers]");
  const here = asking && one("[data-answers-here]", asking);
  if (here) {
    let timer, last;
    const look = async () => {
      const question = ["subject", "body"].map((name) => asking.elements[name].value.trim()).join(" ").slice(0, 300);
      if (question.length < 8 || question === last) return;
      last = question;
      try {
        const answer = await fetch(asking.dataset.answers + "?q=" + encodeURIComponent(question));
        const page = new DOMParser().parseFromString(answer.ok ? await answer.text() : "", "text/html");
        const found = one("[data-found]", page);
        if (question !== last) return;
        all("[data-found]", here).forEach((old) => old.remove());
        if (found) here.append(document.adoptNode(found));
        here.hidden = !found;
        // They were seen: sending the form sends the question.
        asking.elements.sure.value = found ? "on" : "";
      } catch {
        // The form works without.
      }
    };
    asking.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(look, 600); });
  }

  // The chat: new lines come as they are said, and one's own are sent without leaving the page. Without this the page is asked for again.
  const chat = one("[data-chat]");
  if (chat && window.EventSource) talk(chat);

  function talk(chat) {
    const log = one("[data-chat-log]", chat);
    const list = one("ol", log);
    const model = one("template[data-chat-line]", chat);
    const form = one("[data-chat-say]", chat);
    const failed = one("[data-chat-failed]", form);
    const box = form.elements.body;
    let shown = Number(chat.dataset.chatShown), timer;
    const down = () => { log.scrollTop = log.scrollHeight; };
    // Nobody is sent a mail about what this page says that it shows.
    const tell = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fetch(chat.dataset.chatSeen, { method: "POST", body: new URLSearchParams({ csrf: chat.dataset.csrf, shown }) }).catch(() => {});
      }, 300);
    };
    const add = (line) => {
      if (line.id <= shown) return;
      shown = line.id;
      const item = model.content.firstElementChild.cloneNode(true);
      item.classList.add("chat-" + line.author);
      item.dataset.line = line.id;
      one("span", item).textContent = line.by;
      const time = one("time", item);
      time.dateTime = line.at + "Z";
      time.textContent = line.time;
      one(".said", item).textContent = line.text;
      list.append(item);
      down();
    };
    const source = new EventSource(chat.dataset.chat);
    source.addEventListener("line", (event) => { add(JSON.parse(event.data)); tell(); });
    source.addEventListener("left", () => { source.close(); location.reload(); });
    // A connection that broke comes back by itself; one that was refused does not.
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) for (const part of all("[data-without-script]", chat)) part.hidden = false;
    });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = one("button", form);
      if (!box.value.trim() || button.disabled) return box.focus();
      button.disabled = true;
      failed.hidden = true;
      try {
        const answer = await fetch(form.action, { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(new FormData(form)) });
        // The page says why a line was refused.
        if (!answer.ok) return form.submit();
        box.value = "";
      } catch {
        failed.hidden = false;
      } finally {
        button.disabled = false;
      }
      box.focus();
    });
    box.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    });
    down();
    tell();
  }

  // Pictures: the small ones move the large ones, without a jump of the page.
  const gallery = one("[data-gallery]");
  const pictures = gallery && one(".gallery-pictures", gallery);
  const thumbs = gallery ? all(".gallery-thumbs a", gallery) : [];
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const picture = (number) => {
    const item = pictures && pictures.children[number - 1];
    if (item) pictures.scrollTo({ left: item.offsetLeft - pictures.offsetLeft, behavior: still ? "auto" : "smooth" });
  };
  thumbs.forEach((thumb, i) => thumb.addEventListener("click", (event) => { event.preventDefault(); picture(i + 1); }));
  if (pictures) {
    let waiting;
    pictures.addEventListener("scroll", () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(() => {
        const now = Math.round(pictures.scrollLeft / pictures.clientWidth);
        thumbs.forEach((thumb, i) => i === now ? thumb.setAttribute("aria-current", "true") : thumb.removeAttribute("aria-current"));
      });
    }, { passive: true });
  }

  // The chosen variant: its price, stock and picture. Without a variant for the choice the button is off.
  const buy = one("[data-buy]");
  const offer = one("[data-offer]");
  const variants = all("template[data-variant]");
  if (buy && offer && variants.length > 1) {
    const add = one("[data-add]", buy);
    const update = () => {
      const choice = all("input[type=radio]:checked", buy).map((radio) => radio.value).join(" / ");
      const variant = variants.find((v) => v.dataset.variant === choice);
      const max = variant ? Number(variant.dataset.max) : 0;
      const stock = one(".stock", offer);
      if (variant) offer.replaceChildren(variant.content.cloneNode(true));
      else if (stock) { stock.className = "stock stock-sold-out"; stock.textContent = buy.dataset.none; }
      const quantity = one("[name=quantity]", buy);
      // Who may not see prices chooses and buys nothing.
      if (!add || !quantity) return variant;
      add.disabled = max === 0;
      const least = variant ? Number(variant.dataset.min) : 1;
      const other = variant && quantity.step.includes(".") !== variant.dataset.step.includes(".");
      quantity.min = variant ? variant.dataset.min : "1";
      quantity.step = variant ? variant.dataset.step : "1";
      quantity.inputMode = quantity.step.includes(".") ? "decimal" : "numeric";
      quantity.max = max > least ? variant.dataset.max : quantity.min;
      // Between what is counted and what is measured the number means something else.
      if (other || Number(quantity.value) < least) quantity.value = variant ? variant.dataset.first : "1";
      if (Number(quantity.value) > max && max > 0) quantity.value = variant.dataset.max;
      return variant;
    };
    buy.addEventListener("change", (event) => {
      if (event.target.type !== "radio") return;
      const variant = update();
      if (variant && variant.dataset.picture) picture(Number(variant.dataset.picture));
      const address = new URL(location.href);
      for (const radio of all("input[type=radio]:checked", buy)) address.searchParams.set(radio.name, radio.value);
      history.replaceState(null, "", address);
    });
    // A page restored by the back button may show another choice than its price.
    addEventListener("pageshow", update);
  } else if (buy && all("input[type=radio]", buy).length) {
    for (const part of all("[data-without-script]", buy)) part.hidden = false;
  }

  // Less and more.
  for (const box of all("[data-quantity]")) {
    const number = one("input", box);
    for (const step of all("[data-step]", box)) {
      step.hidden = false;
      step.addEventListener("click", () => {
        const by = Number(number.step) || 1;
        const places = (number.step.split(".")[1] || "").length;
        // What can be had in any length goes up and down by whole units.
        const next = Number(number.value) + Number(step.dataset.step) * (by === 10 ** -places ? 1 : by);
        number.value = Math.min(Math.max(next, Number(number.min)), Number(number.max) || next).toFixed(places);
        number.dispatchEvent(new Event("change", { bubbles: true }));
      });
    }
  }

  // The button for a new quantity appears when there is one.
  for (const form of all("[data-update]")) {
    const button = one("[type=submit]", form);
    button.hidden = true;
    form.addEventListener("input", () => { button.hidden = false; });
    form.addEventListener("change", () => { button.hidden = false; });
  }

  // A row of quick order is looked at as soon as it is typed; the button looks at all of them.
  const quick = one("[data-quick]");
  if (quick) {
    const look = async (row) => {
      const [sku, units] = all("input", row).map((input) => input.value.trim());
      const said = one("[data-quick-said]", row);
      one("[data-quick-total]", row).textContent = "";
      row.dataset.asked = sku + " " + units;
      if (!sku) { said.textContent = ""; return; }
      try {
        const answer = await fetch(quick.dataset.quick + "?" + new URLSearchParams({ sku, quantity: units }), { headers: { accept: "application/json" } });
        if (!answer.ok || row.dataset.asked !== sku + " " + units) return;
        const told = await answer.json();
        const text = document.createElement(told.right ? "span" : "p");
        text.className = told.right ? "" : "error";
        text.textContent = told.text;
        said.replaceChildren(text);
        for (const input of all("input", row)) {
          if (told.right) input.removeAttribute("aria-invalid");
          else input.setAttribute("aria-invalid", "true");
        }
      } catch {
        // The button still looks at it.
      }
    };
    quick.addEventListener("change", (event) => {
      const row = event.target.closest("[data-quick-row]");
      if (row) look(row);
    });
  }

  // Sorting applies at once; filters wait for their button, so that several can be chosen.
  const listing = one("[data-listing]");
  if (listing) {
    const sort = one("select[name=sort]", listing);
    if (sort) sort.addEventListener("change", () => listing.submit());
    // Empty fields stay out of the address.
    listing.addEventListener("formdata", (event) => { for (const [name, value] of Array.from(event.formData)) if (value === "") event.formData.delete(name); });
    const fold = one("[data-fold]", listing);
    if (fold && matchMedia("(max-width: 61.99rem)").matches) fold.open = false;
  }

  // The billing address is folded away while it is the same.
  const same = one("[data-same] [name=same]");
  const billing = one("[data-billing]");
  if (same && billing) {
    const fold = () => { billing.hidden = same.checked; billing.open = !same.checked; };
    same.addEventListener("change", fold);
    fold();
  }

  // A form that must not be sent twice by an impatient finger. The server does not count on it.
  for (const form of all("[data-once]")) {
    form.addEventListener("submit", () => setTimeout(() => { for (const button of all("button", form)) button.disabled = true; }));
  }
  addEventListener("pageshow", (event) => { if (event.persisted) for (const button of all("[data-once] button")) button.disabled = false; });

  // "Please fill this in" five times says little: each entry of the summary names its field.
  for (const link of all(".error-summary a")) {
    const field = document.getElementById(link.hash.slice(1));
    if (!field || !field.labels || !field.labels.length || field.type === "radio" || field.type === "checkbox") continue;
    link.prepend(field.labels[0].firstChild.textContent.trim() + (document.documentElement.lang.startsWith("zh") ? "：" : ": "));
  }

  // After a refused form the summary is read first.
  const summary = one(".error-summary");
  if (summary) summary.focus();
})();
