// What is seen: the launcher, the panel, the composer. It knows nothing of the server.
const ICONS = {
  chat: "M4 5.5A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.5v8a2.5 2.5 0 0 1-2.5 2.5H11l-4.2 3.7c-.5.4-1.3.1-1.3-.6V16A2.5 2.5 0 0 1 4 13.5z",
  down: "M6.3 9.3a1 1 0 0 1 1.4 0L12 13.6l4.3-4.3a1 1 0 1 1 1.4 1.4l-5 5a1 1 0 0 1-1.4 0l-5-5a1 1 0 0 1 0-1.4z",
  close: "M6.3 6.3a1 1 0 0 1 1.4 0L12 10.6l4.3-4.3a1 1 0 1 1 1.4 1.4L13.4 12l4.3 4.3a1 1 0 0 1-1.4 1.4L12 13.4l-4.3 4.3a1 1 0 0 1-1.4-1.4l4.3-4.3-4.3-4.3a1 1 0 0 1 0-1.4z",
  send: "M4.4 20.3 20.7 13a1.1 1.1 0 0 0 0-2L4.4 3.7c-.9-.4-1.8.5-1.5 1.4L5 10.9l8 1.1-8 1.1-2.1 5.8c-.3.9.6 1.8 1.5 1.4z",
  sent: "M9.5 16.2 5.7 12.4a1 1 0 0 0-1.4 1.4l4.5 4.5a1 1 0 0 0 1.4 0l9.5-9.5a1 1 0 0 0-1.4-1.4z",
  reached: "M6.8 16.2 3 12.4a1 1 0 0 0-1.4 1.4l4.5 4.5a1 1 0 0 0 1.4 0l9.2-9.5a1 1 0 0 0-1.4-1.4zm6 .3-.8 1.2.6.6a1 1 0 0 0 1.4 0l9.2-9.5a1 1 0 0 0-1.4-1.4z",
  waiting: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm0 2a7 7 0 1 1 0 14 7 7 0 0 1 0-14zm-1 2.5V12c0 .3.1.5.3.7l2.7 2.7 1.4-1.4-2.4-2.4V7.5z",
  failed: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm-1 4.5h2v6h-2zm0 7.5h2v2h-2z",
  clip: "M16.5 6v11a4.5 4.5 0 0 1-9 0V5.5a3 3 0 0 1 6 0V16a1.5 1.5 0 0 1-3 0V6.5H9V16a3 3 0 0 0 6 0V5.5a4.5 4.5 0 0 0-9 0V17a6 6 0 0 0 12 0V6z",
  file: "M6 2a2 2 0 0 0-2 2v16a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2V8l-6-6zm7 1.5L18.5 9H13z",
  play: "M8 5.14v13.72a1 1 0 0 0 1.5.86l11-6.86a1 1 0 0 0 0-1.72l-11-6.86A1 1 0 0 0 8 5.14z",
  dots: "M12 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4zm0 2a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm0 6a2 2 0 1 0 0 4 2 2 0 0 0 0-4z",
  sound: "M12 22a2.5 2.5 0 0 0 2.5-2.5h-5A2.5 2.5 0 0 0 12 22zm6.5-6V11c0-3.1-1.6-5.6-4.5-6.3V4a2 2 0 0 0-4 0v.7C7.1 5.4 5.5 7.9 5.5 11v5l-2 2v1h17v-1z",
};

class View {
  /** `does` has what `Rows` asks, and open(), close(), typed(text), send(text, name), attach(files), sound(on), leave(). */
  constructor(options, css, does, files) {
    this.does = does;
    this.limit = options.limit;
    this.host = el("relaydesk-widget", { "data-side": options.side, lang: speech });
    if (options.accent) {
      this.host.style.setProperty("--accent", options.accent);
      this.host.style.setProperty("--on-accent", inkOn(options.accent));
    }
    this.root = this.host.attachShadow({ mode: "open" });
    this.style(css, options.base);
    this.rows = new Rows(does, files, options.greeting);
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
    this.absence = el("div", { class: "absence", role: "status", hidden: true });
    this.bell = el("button", { class: "quiet", type: "button", "aria-label": say("sound"), "aria-pressed": "false", title: say("sound"), onclick: () => this.does.sound(this.bell.getAttribute("aria-pressed") !== "true") }, icon(ICONS.sound, 20));
    this.panel = el(
      "section",
      { class: "panel", role: "dialog", "aria-modal": "false", "aria-labelledby": "title", "aria-describedby": "subtitle", hidden: true, onkeydown: (event) => this.key(event) },
      el(
        "div",
        { class: "head" },
        el("span", { class: "face", "aria-hidden": "true" }, icon(ICONS.chat, 20)),
        el("div", { class: "names" }, el("h2", { id: "title", dir: "auto" }, options.title), this.status),
        this.bell,
        el("button", { class: "quiet", type: "button", "aria-label": say("close"), onclick: () => this.close() }, icon(ICONS.close, 22)),
      ),
      this.notice, this.absence,
      el("div", { class: "middle" }, this.rows.log, this.rows.jump),
      this.makeComposer(),
      el("div", { class: "drop", "aria-hidden": "true" }, say("drop")),
    );
    this.catchFiles();
    return this.panel;
  }

  makeComposer() {
    this.name = el("input", { id: "name", type: "text", autocomplete: "name", maxlength: "80", placeholder: say("call"), dir: "auto" });
    this.naming = el("div", { class: "naming" }, el("label", { for: "name" }, `${say("name")} `, el("span", null, say("optional"))), this.name);
    this.about = el("div", { class: "about-to", hidden: true });
    this.chosen = el("input", { type: "file", multiple: true, hidden: true, tabindex: "-1", onchange: () => {
      this.does.attach([...this.chosen.files]);
      this.chosen.value = "";
    } });
    this.clip = el("button", { class: "clip", type: "button", "aria-label": say("attach"), title: say("attach"), onclick: () => this.chosen.click() }, icon(ICONS.clip, 20));
    this.input = el("textarea", {
      rows: "1", placeholder: say("write"), "aria-label": say("message"), "aria-describedby": "hint", enterkeyhint: "send", dir: "auto",
      oninput: () => this.typed(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
        event.preventDefault();
        this.submit();
      },
    });
    this.button = el("button", { class: "send", type: "submit", "aria-label": say("send"), "aria-disabled": "true" }, icon(ICONS.send, 20));
    this.hint = el("p", { class: "hint", id: "hint", "aria-live": "polite" });
    const submit = (event) => {
      event.preventDefault();
      this.submit();
      this.input.focus();
    };
    return el("form", { onsubmit: submit }, this.naming, this.about, el("div", { class: "box" }, this.clip, this.chosen, this.input, this.button), this.hint);
  }

  /** Files that are dropped on the panel, or pasted. */
  catchFiles() {
    const bears = (event) => [...(event.dataTransfer ? event.dataTransfer.types : [])].includes("Files");
    const over = (on) => this.panel.classList.toggle("dropping", on);
    this.panel.addEventListener("dragover", (event) => {
      if (!bears(event)) return;
      event.preventDefault();
      over(true);
    });
    this.panel.addEventListener("dragleave", (event) => this.panel.contains(event.relatedTarget) || over(false));
    this.panel.addEventListener("drop", (event) => {
      if (!bears(event)) return;
      event.preventDefault();
      over(false);
      this.does.attach([...event.dataTransfer.files]);
    });
    this.input.addEventListener("paste", (event) => {
      const files = [...event.clipboardData.files];
      if (!files.length) return;
      event.preventDefault();
      this.does.attach(files);
    });
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
    this.rows.toEnd();
    if (focus) this.input.focus({ preventScroll: true });
    this.does.open();
  }

  close() {
    this.panel.hidden = true;
    this.host.classList.remove("open");
    this.launcher.setAttribute("aria-expanded", "false");
    this.fit();
    this.unread(0);
    this.launcher.focus({ preventScroll: true });
    this.does.close();
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      if (this.rows.unfolded) this.rows.fold(this.rows.unfolded);
      else if (!this.about.hidden) this.does.leave();
      else this.close();
    } else if (event.key === "Tab" && this.isFull) {
      const stops = [...this.panel.querySelectorAll("button, input, textarea, a, [tabindex]")].filter((node) => node.tabIndex >= 0 && node.offsetParent);
      const [first, last] = [stops[0], stops[stops.length - 1]];
      if (event.shiftKey ? this.root.activeElement === first : this.root.activeElement === last) {
        event.preventDefault();
        (event.shiftKey ? last : first).focus();
      }
    }
  }

  /** Above the keyboard of a phone; the page behind stands still. */
  fit() {
    const seen = window.visualViewport;
    const full = this.isOpen && this.isFull;
    this.panel.style.height = full && seen ? `${seen.height}px` : "";
    this.panel.style.top = full && seen ? `${seen.offsetTop}px` : "";
    const page = document.documentElement.style;
    if (full && this.page == null) [this.page, page.overflow] = [page.overflow, "hidden"];
    if (!full && this.page != null) [page.overflow, this.page] = [this.page, null];
  }

  typed(silent = false) {
    const { length } = this.input.value;
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 140)}px`;
    this.button.setAttribute("aria-disabled", String(!this.input.value.trim() || length > this.limit));
    const left = this.limit - length;
    this.hint.textContent = left < 0 ? say("long", { n: -left }) : left < 300 ? say("left", { n: left }) : "";
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

  /** Above the box: what the words are about, an answer or a change; without words nothing. */
  bearsOn(words, quoted = "") {
    this.about.hidden = !words;
    this.about.replaceChildren(...(words ? [el("p", { dir: "auto" }, el("b", null, words), ` ${quoted}`), el("button", { class: "quiet", type: "button", "aria-label": say("cancel"), onclick: () => this.does.leave() }, icon(ICONS.close, 18))] : []));
    if (words) this.input.focus();
  }

  unread(count) {
    this.badge.hidden = !count;
    this.badge.textContent = count > 99 ? "99+" : String(count);
    const words = count ? `, ${say("unread", { n: count })}` : "";
    this.launcher.setAttribute("aria-label", say(this.isOpen ? "close" : "open") + words);
  }

  say(words) {
    this.news.textContent = words;
  }

  tell(words) {
    this.notice.hidden = !words;
    this.notice.textContent = words || "";
  }

  /** Nobody answers at this hour. */
  gone(words) {
    this.absence.hidden = !words;
    this.absence.textContent = words;
  }

  grey(away) {
    this.host.classList.toggle("away", away);
  }
}

function inkOn(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.36 ? "#10151c" : "#ffffff";
}
