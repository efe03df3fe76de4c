// The messages as rows: those with a seq in its order, then those still on their way in the order of writing.
const GROUP_MS = 5 * 60_000;
const STICKY_PX = 80;
const SIGNS = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

class Rows {
  /** `does` has retry(row), discard(row), stop(row), earlier(), reply(row), edit(row), remove(row), react(row, sign), tell(words). */
  constructor(does, files, greeting) {
    Object.assign(this, { does, files });
    this.all = [];
    this.more = el("button", { class: "more", type: "button", hidden: true, onclick: () => does.earlier() }, say("earlier"));
    this.greeting = el("div", { class: "greeting" }, el("div", { class: "wave", "aria-hidden": "true" }, icon(ICONS.chat, 26)), el("p", { dir: "auto" }, greeting));
    this.list = el("div", { class: "list" });
    this.writing = el("p", { class: "typing", hidden: true, role: "status" });
    const hint = el("span", { class: "aside", id: "log-hint" }, say("logHint"));
    this.log = el("div", { class: "log", role: "log", "aria-live": "polite", "aria-relevant": "additions", "aria-label": say("log"), "aria-describedby": "log-hint", tabindex: "0", onkeydown: (event) => this.key(event) }, hint, this.more, this.greeting, this.list, this.writing);
    this.jump = el("button", { class: "jump", type: "button", hidden: true, onclick: () => this.toEnd() }, say("fresh"), icon(ICONS.down, 16));
    this.sticks = true;
    this.log.addEventListener("scroll", () => {
      this.sticks = this.atEnd();
      if (this.sticks) this.jump.hidden = true;
    }, { passive: true });
    const sizes = new ResizeObserver(() => this.sticks && this.toEnd());
    sizes.observe(this.log);
    sizes.observe(this.list);
  }

  /** Up and down lead from row to row: to each one's actions. */
  key(event) {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const dots = [...this.list.querySelectorAll(".dots")];
    if (!step || !dots.length) return;
    const here = dots.indexOf(this.log.getRootNode().activeElement);
    const next = here < 0 ? dots[dots.length - 1] : dots[here + step];
    if (here < 0 && step > 0) return;
    event.preventDefault();
    if (!next) return;
    next.focus({ preventScroll: true });
    next.closest(".row").scrollIntoView({ block: "nearest" });
  }

  put(row) {
    const stick = this.sticks;
    if (!row.node) this.make(row);
    this.all = this.all.filter((other) => other !== row);
    let at = this.all.length;
    while (at > 0 && isBefore(row, this.all[at - 1])) at -= 1;
    const next = this.all[at];
    this.all.splice(at, 0, row);
    if (row.node.nextSibling !== (next ? next.node : null) || !row.node.parentNode) this.list.insertBefore(row.node, next ? next.node : null);
    this.mark(row);
    this.arrange();
    if (stick || (row.mine && !row.old)) this.toEnd();
    else if (!row.old && !row.mine) this.jump.hidden = false;
  }

  take(row) {
    const held = row.node.contains(this.log.getRootNode().activeElement);
    this.all = this.all.filter((other) => other !== row);
    row.node.remove();
    this.arrange();
    if (held) this.log.focus({ preventScroll: true });
  }

  make(row) {
    row.meta = el("div", { class: "meta" });
    row.bubble = el("div", { class: "bubble" });
    row.author = el("div", { class: "author" }, el("span", { class: "name", dir: "auto" }, row.mine ? say("you") : row.name || say("support")));
    row.signs = el("div", { class: "signs" });
    row.dots = el("button", { class: "dots", type: "button", tabindex: "-1", hidden: true, "aria-label": say("actions"), "aria-expanded": "false", onclick: () => this.unfold(row) }, icon(ICONS.dots, 16));
    row.line = el("div", { class: "line" }, row.bubble, row.dots);
    row.node = el("div", { class: row.mine ? "row mine" : "row" }, row.author, row.line, row.signs, row.meta);
    this.draw(row);
  }

  /** The bubble anew; `change` keeps what is being read in its place. */
  draw(row) {
    const parts = [];
    if (row.answers) parts.push(el("button", { class: "quote", type: "button", dir: "auto", onclick: () => this.show(row.answers.seq) }, el("b", null, row.answers.author || say("you")), ` ${row.answers.text}`));
    if (row.file) parts.push(fileNode(this.files, row, this.does.tell));
    const words = textNodes(row.body);
    if (!row.file || words.some((node) => node.textContent)) parts.push(...words);
    row.bubble.classList.toggle("bears", Boolean(row.file));
    row.bubble.replaceChildren(...parts);
    this.sign(row);
  }

  sign(row) {
    row.signs.replaceChildren(...(row.reactions || []).map((sign) => el("span", { class: "sign", role: "img", "aria-label": sign }, sign)));
    row.signs.hidden = !row.signs.childNodes.length;
  }

  /** What can be done with a message, below it. */
  unfold(row) {
    if (row.tools) {
      this.fold(row);
      return;
    }
    if (this.unfolded) this.fold(this.unfolded);
    const tool = (label, act, more) => el("button", { type: "button", onclick: act, ...more }, label);
    const once = (act) => () => {
      this.fold(row);
      act(row);
    };
    const tools = [tool(say("reply"), once((one) => this.does.reply(one)))];
    if (row.mine) {
      if (!row.file || textNodes(row.body).length) tools.push(tool(say("edit"), once((one) => this.does.edit(one))));
      const remove = tool(say("remove"), () => {
        if (remove.textContent === say("sure")) once((one) => this.does.remove(one))();
        else remove.textContent = say("sure");
      });
      tools.push(remove);
    } else {
      const mine = row.reactions || [];
      tools.push(...SIGNS.map((sign) => tool(sign, once((one) => this.does.react(one, mine.includes(sign) ? "" : sign)), { class: "emoji", "aria-label": say("react", { sign }), "aria-pressed": String(mine.includes(sign)) })));
    }
    row.tools = el("div", { class: "tools", role: "group", "aria-label": say("actions") }, ...tools);
    row.dots.setAttribute("aria-expanded", "true");
    row.line.after(row.tools);
    this.unfolded = row;
    row.tools.firstChild.focus({ preventScroll: true });
    row.tools.scrollIntoView({ block: "nearest" });
  }

  fold(row) {
    if (!row.tools) return false;
    const held = row.tools.contains(this.log.getRootNode().activeElement);
    row.tools.remove();
    row.tools = this.unfolded = null;
    row.dots.setAttribute("aria-expanded", "false");
    if (held) row.dots.focus({ preventScroll: true });
    return true;
  }

  show(seq) {
    const row = this.all.find((one) => one.seq === seq);
    if (!row) return;
    row.node.scrollIntoView({ block: "center" });
    row.node.classList.add("pointed");
    setTimeout(() => row.node.classList.remove("pointed"), 1600);
  }

  mark(row) {
    const date = new Date(row.at);
    const time = el("time", { datetime: date.toISOString() }, date.toLocaleTimeString(speech, { hour: "numeric", minute: "2-digit" }));
    row.meta.replaceChildren(...(row.edited ? [el("span", null, say("edited"))] : []), time);
    row.node.dataset.state = row.state;
    row.dots.hidden = row.state !== "sent";
    if (!row.mine) return;
    const bad = row.state === "failed" || row.state === "refused";
    const reached = row.state === "sent" && row.reached;
    const label = say(reached ? "reached" : row.state);
    row.node.classList.toggle("reached", Boolean(reached));
    row.meta.append(el("span", { class: "mark", role: "img", "aria-label": label, title: label }, icon(ICONS[reached ? "reached" : row.state] || ICONS[bad ? "failed" : "waiting"], 14)));
    if (row.state === "uploading") row.meta.replaceChildren(...this.uploading(row));
    if (!bad) return;
    const retry = el("button", { type: "button", onclick: () => this.does.retry(row) }, say("retry"));
    row.meta.replaceChildren(row.meta.lastChild, el("span", { class: "why" }, row.why || say("kept")), ...(row.gone ? [] : [retry]), el("button", { type: "button", onclick: () => this.does.discard(row) }, say("remove")));
  }

  uploading(row) {
    row.progress = el("progress", { max: "1", value: String(row.done || 0), "aria-label": say("progress", { name: row.file.name }) });
    return [row.progress, el("button", { type: "button", onclick: () => this.does.stop(row) }, say("cancel"))];
  }

  progress(row, done) {
    row.done = done;
    if (row.progress) row.progress.value = done;
  }

  /** Days, and who speaks, only where they change. */
  arrange() {
    this.greeting.hidden = this.all.length > 0;
    let before = null;
    this.all.forEach((row, index) => {
      const day = new Date(row.at).toDateString();
      const newDay = !before || new Date(before.at).toDateString() !== day;
      const first = newDay || before.mine !== row.mine || before.name !== row.name || row.at - before.at > GROUP_MS;
      const next = this.all[index + 1];
      const last = !next || next.mine !== row.mine || next.name !== row.name || next.at - row.at > GROUP_MS || new Date(next.at).toDateString() !== day;
      row.node.classList.toggle("first", first);
      row.node.classList.toggle("last", last);
      this.day(row, newDay ? dayName(new Date(row.at)) : "");
      before = row;
    });
  }

  day(row, words) {
    if (row.day && row.day.textContent === words) return;
    if (row.day) row.day.remove();
    row.day = words ? el("div", { class: "day" }, el("span", null, words)) : null;
    if (row.day) row.node.prepend(row.day);
  }

  typing(name) {
    clearTimeout(this.writingEnds);
    this.writing.hidden = !name;
    this.writing.textContent = name ? say("typing", { name }) : "";
    if (name) this.writingEnds = setTimeout(() => this.typing(""), 12_000);
    if (this.sticks) this.toEnd();
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
  if (date.toDateString() === today.toDateString()) return say("today");
  if (date.toDateString() === yesterday.toDateString()) return say("yesterday");
  const year = date.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return date.toLocaleDateString(speech, { weekday: "short", day: "numeric", month: "long", year });
}
