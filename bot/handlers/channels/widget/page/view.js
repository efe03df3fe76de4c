// What is seen: the launcher, the panel, the rows. It knows nothing of the server.
const ICONS = {
  chat: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.2 3.7c-.5.4-1.3.1-1.3-.6V16A2.5 2.5 0 0 1 4 13.500z",
  down: "M6.300 9.300a1 1 0 0 1 1.400 0L12 13.600l4.300-4.300a1 1 0 1 1 1.400 1.400l-5 5a1 1 0 0 1-1.400 0l-5-5a1 1 0 0 1 0-1.400z",
  close: "M6.300 6.300a1 1 0 0 1 1.400 0L12 10.600l4.300-4.300a1 1 0 1 1 1.400 1.400L13.400 12l4.300 4.300a1 1 0 0 1-1.400 1.400L12 13.400l-4.300 4.300a1 1 0 0 1-1.400-1.400l4.300-4.300-4.300-4.300a1 1 0 0 1 0-1.400z",
  send: "M4.400 20.300 20.700 13a1.100 1.100 0 0 0 0-2L4.400 3.700c-.9-.4-1.800.5-1.500 1.400L5 10.900l8 1.100-8 1.100-2.100 5.800c-.3.9.6 1.800 1.500 1.400z",
  sent: "M9.500 16.200 5.700 12.400a1 1 0 0 0-1.400 1.400l4.500 4.500a1 1 0 0 0 1.400 0l9.500-9.500a1 1 0 0 0-1.400-1.400z",
  waiting: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm-1 2.500V12c0 .3.1.5.3.7l2.700 2.700 1.400-1.400-2.400-2.400V7.500z",
  failed: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-1 4.500h2v6h-2zm0 7.500h2v2h-2z",
};
const MARKS = { waiting: "Waiting to be sent", sending: "Sending", sent: "Sent", failed: "Not sent yet", refused: "Not sent" };
const GROUP_MS = 5 * 60_000;
const STICKY_PX = 80;

class View {
  /** `does` has open(), close(), typed(), send(text), retry(row), discard(row), earlier(). */
  constructor(options, css, does) {
    this.does = does;
    this.rows = [];
    this.host = el("relaydesk-widget", { "data-side": options.side });
    if (options.accent) {
      this.host.style.setProperty("--accent", options.accent);
      this.host.style.setProperty("--on-accent", inkOn(options.accent));
    }
    this.root = this.host.attachShadow({ mode: "open" });
    this.style(css, options.base);
    this.badge = el("span", { class: "badge", hidden: true, "aria-hidden": "true" });
    this.launcher = el(
      "button",
      { class: "launcher", type: "button", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => this.toggle() },
      icon(ICONS.chat, 28), icon(ICONS.down, 28), this.badge,
    );
    this.news = el("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.root.append(this.launcher, this.makePanel(options), this.news);
    this.unread(0);
    document.body.append(this.host);
    if (window.visualViewport) {
      for (const kind of ["resize", "scroll"]) window.visualViewport.addEventListener(kind, () => this.fit());
    }
  }

  style(css, base) {
    try {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      this.root.adoptedStyleSheets = [sheet];
    } catch { // a browser without constructable style sheets
      this.root.append(el("link", { rel: "stylesheet", href: new URL("/widget/widget.css", base) }));
    }
  }

  makePanel(options) {
    this.status = el("p", { class: "subtitle", id: "subtitle" }, options.subtitle);
    this.notice = el("div", { class: "notice", role: "status", hidden: true });
    this.more = el("button", { class: "more", type: "button", hidden: true, onclick: () => this.does.earlier() }, "Show earlier messages");
    this.greeting = el("div", { class: "greeting" }, el("div", { class: "wave", "aria-hidden": "true" }, icon(ICONS.chat, 26)), el("p", { dir: "auto" }, options.greeting));
    this.list = el("div", { class: "list" });
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": "Messages", tabindex: "0" }, this.more, this.greeting, this.list);
    this.sticks = true;
    this.log.addEventListener("scroll", () => {
      this.sticks = this.atEnd();
      if (this.sticks) this.jump.hidden = true;
    }, { passive: true });
    const sizes = new ResizeObserver(() => this.sticks && this.toEnd());
    sizes.observe(this.log);
    sizes.observe(this.list);
    this.jump = el("button", { class: "jump", type: "button", hidden: true, onclick: () => this.toEnd() }, "New messages", icon(ICONS.down, 16));
    this.panel = el(
      "section",
      { class: "panel", role: "dialog", "aria-modal": "false", "aria-labelledby": "title", "aria-describedby": "subtitle", hidden: true, onkeydown: (event) => this.key(event) },
      el(
        "header",
        null,
        el("span", { class: "face", "aria-hidden": "true" }, icon(ICONS.chat, 20)),
        el("div", { class: "names" }, el("h2", { id: "title", dir: "auto" }, options.title), this.status),
        el("button", { class: "quiet", type: "button", "aria-label": "Close chat", onclick: () => this.close() }, icon(ICONS.close, 22)),
      ),
      this.notice,
      el("div", { class: "middle" }, this.log, this.jump),
      this.makeComposer(options.limit),
    );
    return this.panel;
  }

  makeComposer(limit) {
    this.limit = limit;
    this.name = el("input", { id: "name", type: "text", autocomplete: "name", maxlength: "80", placeholder: "How shall we call you?", dir: "auto" });
    this.naming = el("div", { class: "naming" }, el("label", { for: "name" }, "Your name ", el("span", null, "(optional)")), this.name);
    this.input = el("textarea", {
      rows: "1", placeholder: "Write a message…", "aria-label": "Message", "aria-describedby": "hint", enterkeyhint: "send", dir: "auto",
      oninput: () => this.typed(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        this.submit();
      },
    });
    this.button = el("button", { class: "send", type: "submit", "aria-label": "Send", "aria-disabled": "true" }, icon(ICONS.send, 20));
    this.hint = el("p", { class: "hint", id: "hint", "aria-live": "polite" });
    const submit = (event) => {
      event.preventDefault();
      this.submit();
      this.input.focus();
    };
    return el("form", { onsubmit: submit }, this.naming, el("div", { class: "box" }, this.input, this.button), this.hint);
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  get isFull() {
    return window.matchMedia("(max-width: 480px), (max-height: 420px)").matches;
  }

  toggle() {
    if (this.isOpen) this.close();
    else this.open();
  }

  open(focus = true) {
    this.panel.hidden = false;
    this.host.classList.add("open");
    this.launcher.setAttribute("aria-expanded", "true");
    this.panel.setAttribute("aria-modal", String(this.isFull));
    this.fit();
    this.unread(0);
    this.typed(true);
    this.toEnd();
    if (focus) this.input.focus({ preventScroll: true });
    this.does.open();
  }

  close() {
    this.panel.hidden = true;
    this.host.classList.remove("open");
    this.launcher.setAttribute("aria-expanded", "false");
    this.unread(0);
    this.launcher.focus({ preventScroll: true });
    this.does.close();
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      this.close();
    } else if (event.key === "Tab" && this.isFull) {
      const stops = [...this.panel.querySelectorAll("button, input, textarea, a, [tabindex]")].filter((node) => node.offsetParent);
      const [first, last] = [stops[0], stops[stops.length - 1]];
      if (event.shiftKey ? this.root.activeElement === first : this.root.activeElement === last) {
        event.preventDefault();
        (event.shiftKey ? last : first).focus();
      }
    }
  }

  /** Above the keyboard of a phone. */
  fit() {
    const seen = window.visualViewport;
    const full = this.isOpen && this.isFull && seen;
    this.panel.style.height = full ? `${seen.height}px` : "";
    this.panel.style.top = full ? `${seen.offsetTop}px` : "";
  }

  typed(silent = false) {
    const { length } = this.input.value;
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    this.button.setAttribute("aria-disabled", String(!this.input.value.trim() || length > this.limit));
    const left = this.limit - length;
    this.hint.textContent = left < 0 ? `Too long by ${-left} characters. Please send it in parts.` : left < 300 ? `${left} characters left` : "";
    this.hint.classList.toggle("bad", left < 0);
    if (!silent) this.does.typed(this.input.value);
  }

  submit() {
    const text = this.input.value.trim();
    if (!text || this.input.value.length > this.limit) return;
    this.input.value = "";
    this.typed();
    this.does.send(text, this.name.value.trim());
  }

  unread(count) {
    this.badge.hidden = !count;
    this.badge.textContent = count > 99 ? "99+" : String(count);
    const words = count ? `, ${count} unread message${count > 1 ? "s" : ""}` : "";
    this.launcher.setAttribute("aria-label", (this.isOpen ? "Close chat" : "Open chat") + words);
  }

  say(words) {
    this.news.textContent = words;
  }

  tell(words) {
    this.notice.hidden = !words;
    this.notice.textContent = words || "";
    this.host.classList.toggle("away", Boolean(words));
  }

  // Rows: those with a seq in its order, then those still on their way in the order of writing.

  put(row) {
    const stick = this.sticks;
    if (!row.node) row.node = this.makeRow(row);
    this.rows = this.rows.filter((other) => other !== row);
    let at = this.rows.length;
    while (at > 0 && isBefore(row, this.rows[at - 1])) at -= 1;
    const next = this.rows[at];
    this.rows.splice(at, 0, row);
    if (row.node.nextSibling !== (next ? next.node : null) || !row.node.parentNode) this.list.insertBefore(row.node, next ? next.node : null);
    this.mark(row);
    this.arrange();
    if (stick || (row.mine && !row.old)) this.toEnd();
    else if (!row.old && !row.mine) this.jump.hidden = false;
  }

  take(row) {
    this.rows = this.rows.filter((other) => other !== row);
    row.node.remove();
    this.arrange();
  }

  makeRow(row) {
    row.meta = el("div", { class: "meta" });
    row.author = el("div", { class: "author" }, el("span", { class: "name", dir: "auto" }, row.mine ? "You" : row.name || "Support"));
    return el("div", { class: row.mine ? "row mine" : "row" }, row.author, el("div", { class: "bubble" }, ...textNodes(row.body)), row.meta);
  }

  mark(row) {
    const date = new Date(row.at);
    const time = el("time", { datetime: date.toISOString() }, date.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" }));
    row.meta.replaceChildren(time);
    row.node.dataset.state = row.state;
    if (!row.mine) return;
    const bad = row.state === "failed" || row.state === "refused";
    const label = MARKS[row.state];
    row.meta.append(el("span", { class: "mark", role: "img", "aria-label": label, title: label }, icon(ICONS[row.state] || ICONS[bad ? "failed" : "waiting"], 14)));
    if (!bad) return;
    row.meta.replaceChildren(
      row.meta.lastChild,
      el("span", { class: "why" }, row.why || "Not sent yet."),
      el("button", { type: "button", onclick: () => this.does.retry(row) }, "Retry"),
      el("button", { type: "button", onclick: () => this.does.discard(row) }, "Delete"),
    );
  }

  /** Days, and who speaks, only where they change. */
  arrange() {
    this.greeting.hidden = this.rows.length > 0;
    let before = null;
    this.rows.forEach((row, index) => {
      const day = new Date(row.at).toDateString();
      const newDay = !before || new Date(before.at).toDateString() !== day;
      const first = newDay || before.mine !== row.mine || before.name !== row.name || row.at - before.at > GROUP_MS;
      const next = this.rows[index + 1];
      const last = !next || next.mine !== row.mine || next.name !== row.name || next.at - row.at > GROUP_MS || new Date(next.at).toDateString() !== day;
      row.node.classList.toggle("first", first);
      row.node.classList.toggle("last", last);
      this.day(row, newDay ? dayName(new Date(row.at)) : "");
      before = row;
    });
  }

  day(row, words) {
    if (!words) {
      if (row.day) row.day.remove();
      row.day = null;
    } else if (!row.day || row.day.textContent !== words) {
      if (row.day) row.day.remove();
      row.day = el("div", { class: "day" }, el("span", null, words));
      row.node.prepend(row.day);
    }
  }

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < STICKY_PX;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.sticks = true;
    this.jump.hidden = true;
  }

  /** Put older rows on top without moving what is being read. */
  keepingPlace(change) {
    const below = this.log.scrollHeight - this.log.scrollTop;
    this.log.setAttribute("aria-busy", "true");
    change();
    this.log.scrollTop = this.log.scrollHeight - below;
    requestAnimationFrame(() => this.log.removeAttribute("aria-busy"));
  }
}

function isBefore(row, other) {
  if (row.seq && other.seq) return row.seq < other.seq;
  if (row.seq || other.seq) return Boolean(row.seq);
  return row.at < other.at;
}

function dayName(date) {
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString([], { weekday: "short", day: "numeric", month: "long", year });
}

function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.36 ? "#10151c" : "#ffffff";
}
