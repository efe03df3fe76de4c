// The chat itself: what the visitor does and what the server says, brought together.
const LIMIT = 8000;
const AWAY_MS = 5 * 60_000;
const TYPING_MS = 4000;

class Chat {
  constructor(options, css) {
    const who = options.identity ? `#${personOf(options.identity)}` : "";
    this.keep = new Keep(`relaydesk:${options.channel || ""}${who}@${new URL(options.base).host}:`, who ? "token" : null);
    this.wire = new Wire(options.base, options.channel, options.identity, this.keep, this);
    this.files = new Files(this.wire);
    this.bySeq = new Map();
    this.onWay = new Map();
    this.told = { read: 0, delivered: 0 };
    this.largest = 20 * 1048576;
    this.retryIn = 0;
    this.tell = (words) => this.alarm(words);
    this.view = new View({ ...options, limit: LIMIT }, css, this, this.files);
    this.view.input.value = this.keep.get("draft") || "";
    this.view.name.value = this.keep.get("name") || "";
    this.view.naming.hidden = Boolean(this.keep.get("wrote") || options.identity);
    this.view.bell.setAttribute("aria-pressed", String(Boolean(this.keep.get("sound"))));
    this.recall();
    this.watch();
    if (this.wire.token || (options.identity && this.keep.get("wrote"))) this.connect();
    if (this.onWay.size) this.flush();
    if (options.open) this.view.open(false);
  }

  // What the view asks.

  open() {
    this.look();
    this.ask();
    if (this.wire.token) this.wire.wanted || this.wire.start();
    else if (this.wire.identity) this.connect();
  }

  close() {}

  typed(text) {
    if (text && this.wire.token && Date.now() - (this.typedAt || 0) > TYPING_MS) {
      this.typedAt = Date.now();
      this.wire.ask("/widget/typing", { body: {} });
    }
    if (this.changing) return;
    if (text) this.keep.set("draft", text);
    else this.keep.drop("draft");
  }

  send(text, name) {
    if (this.changing) {
      this.change(text);
      return;
    }
    if (name) this.keep.set("name", name);
    this.post({ body: text });
  }

  attach(files) {
    for (const file of files) {
      const sized = { name: file.name, size: sizeWords(this.largest) };
      if (!file.size || file.size > this.largest) this.alarm(say(file.size ? "big" : "nothing", sized));
      else this.post({ body: "", state: "uploading", chosen: file, file: { name: file.name, size: file.size, mime: file.type, state: "wanted", local: SHOWN.test(file.type) ? URL.createObjectURL(file) : "" } });
    }
    this.view.input.focus();
  }

  post(what) {
    this.keep.set("wrote", true);
    this.view.naming.hidden = true;
    const row = { id: randomId(), at: Date.now(), mine: true, state: "waiting", answers: this.answering, ...what };
    if (this.answering) this.leave();
    this.save(row);
    this.onWay.set(row.id, row);
    this.view.rows.put(row);
    if (row.chosen) this.upload(row);
    this.flush();
  }

  /** What of a row outlives the page. */
  save(row, why) {
    const { n, name, size, mime } = row.file || {};
    this.keep.set(`out:${row.id}`, { text: row.body, at: row.at, answers: row.answers, why, file: row.file && { n, name, size, mime } });
  }

  async upload(row) {
    row.state = "uploading";
    this.view.rows.mark(row);
    const session = await this.wire.session();
    const { status, data, wait } = this.wire.token ? await this.files.upload(row, row.chosen, (done) => this.view.rows.progress(row, done)) : session;
    if (!this.onWay.has(row.id)) return;
    if (status === 201) {
      Object.assign(row.file, { n: data.file, name: data.name, mime: data.mime, size: data.size, state: "here" });
      this.files.own(data.file, row.chosen);
      row.chosen = null;
      row.state = "waiting";
      this.save(row);
      this.view.rows.draw(row);
      this.view.rows.mark(row);
      this.flush();
    } else if (status === 0 || status === 429 || status >= 500) {
      row.state = "failed";
      row.why = say("kept");
      this.view.rows.mark(row);
      setTimeout(() => row.state === "failed" && this.onWay.has(row.id) && this.upload(row), (wait || 5) * 1000);
    } else this.refuse(row, why(data, `${say("refused")} (${status}).`), true);
  }

  stop(row) {
    row.stopped = true;
    if (row.stop) row.stop();
    this.discard(row);
  }

  refuse(row, words, gone) {
    Object.assign(row, { state: "refused", why: words, gone });
    this.save(row, words);
    this.view.rows.mark(row);
  }

  retry(row) {
    if (row.chosen) {
      this.upload(row);
      return;
    }
    row.state = "waiting";
    this.save(row);
    this.view.rows.mark(row);
    this.view.input.focus();
    this.flush();
  }

  discard(row) {
    this.keep.drop(`out:${row.id}`);
    this.onWay.delete(row.id);
    this.view.rows.take(row);
    this.view.input.focus();
  }

  reply(row) {
    this.leave();
    const author = row.mine ? "" : row.name || say("support");
    const text = (row.file && !plainText(row.body) ? row.file.name : plainText(row.body)).slice(0, 120);
    this.answering = { seq: row.seq, author, text };
    this.view.bearsOn(say("replying", { name: author || say("you") }), text);
  }

  edit(row) {
    this.leave();
    this.changing = row;
    this.view.input.value = textNodes(row.body).map((node) => node.textContent).join("\n");
    this.view.typed();
    this.view.bearsOn(say("editing"));
  }

  /** Back to plain writing. */
  leave() {
    if (this.changing) {
      this.changing = null;
      this.view.input.value = this.keep.get("draft") || "";
      this.view.typed(true);
    }
    this.answering = null;
    this.view.bearsOn("");
    this.view.input.focus();
  }

  async change(text) {
    const row = this.changing;
    const before = row.body;
    this.leave();
    row.body = text;
    this.view.rows.draw(row);
    if (await this.tellServer("edit", { id: row.id, text, file: Boolean(row.file) })) return;
    row.body = before;
    this.view.rows.draw(row);
  }

  async remove(row) {
    if (await this.tellServer("delete", { id: row.id })) this.forget(row);
  }

  async react(row, sign) {
    const before = row.reactions;
    row.reactions = sign ? [sign] : [];
    this.view.rows.sign(row);
    if (await this.tellServer("react", { seq: row.seq, emoji: sign })) return;
    row.reactions = before;
    this.view.rows.sign(row);
  }

  async tellServer(what, body) {
    const { status, data } = await this.wire.ask(`/widget/${what}`, { body: { ...body, change: randomId() } });
    if (status !== 200) this.alarm(why(data, say("unsaid")));
    return status === 200;
  }

  sound(on) {
    this.keep.set("sound", on);
    this.view.bell.setAttribute("aria-pressed", String(on));
    if (on) this.ring();
  }

  ring() {
    try {
      this.audio ||= new AudioContext();
      const [tone, gain, now] = [this.audio.createOscillator(), this.audio.createGain(), this.audio.currentTime];
      tone.frequency.setValueAtTime(660, now);
      tone.frequency.setValueAtTime(880, now + 0.09);
      gain.gain.setValueAtTime(0.08, now);
      gain.gain.exponentialRampToValueAtTime(0.001, now + 0.3);
      tone.connect(gain).connect(this.audio.destination);
      tone.start(now);
      tone.stop(now + 0.3);
    } catch { /* no sound here */ }
  }

  async earlier() {
    const oldest = Math.min(...this.bySeq.keys());
    const answer = await this.wire.ask("/widget/history", { query: { before: oldest } });
    if (answer.status === 200) this.fill(answer.data);
  }

  /** Whether anybody is there, when the chat is opened and now and then while it is. */
  async ask() {
    if (Date.now() - (this.asked || 0) < AWAY_MS) return;
    this.asked = Date.now();
    clearTimeout(this.askAgain);
    this.askAgain = setTimeout(() => this.view.isOpen && this.ask(), AWAY_MS + 1000);
    const { status, data } = await this.wire.ask("/widget/now");
    if (status !== 200) return;
    this.largest = data.largest || this.largest;
    const when = data.opens && new Date(data.opens).toLocaleString(speech, { weekday: "long", hour: "numeric", minute: "2-digit" });
    this.isAway = data.away;
    this.view.gone(data.away ? `${say("away")} ${when ? say("opens", { when }) : ""}` : "");
    this.view.grey(Boolean(data.away));
  }

  alarm(words) {
    this.view.tell(words);
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.view.tell(""), 8000);
  }

  // What the wire says.

  /** Which of the last messages this browser has, in which version. */
  have() {
    return [...this.bySeq.values()].sort((a, b) => a.seq - b.seq).slice(-50).map((row) => `${row.seq}-${row.v}`).join(",");
  }

  news(kind, message) {
    const row = this.bySeq.get(message.seq);
    if (message.deleted) {
      if (row) this.forget(row);
      return;
    }
    if (row) this.renew(row, message);
    else this.place(message, false);
    if (!message.mine) {
      clearTimeout(this.writing);
      this.view.rows.typing("");
    }
    if (kind === "message" && !row) this.heard(message);
    this.look();
  }

  heard(message) {
    if (message.mine || !this.keep.get("sound")) return;
    if (!this.view.isOpen || document.visibilityState !== "visible") this.ring();
  }

  /** An answer is on its way; mostly it is here before this could be read. */
  typing(name) {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => this.view.rows.typing(name || say("support")), 300);
  }

  net(ok) {
    if (ok) {
      if (this.away) {
        clearTimeout(this.away);
        this.away = 0;
        this.view.tell("");
        this.view.grey(Boolean(this.isAway));
      }
      if (!this.flushing && this.next()) this.flush();
      return;
    }
    const cut = () => {
      this.view.tell(say("offline"));
      this.view.grey(true);
    };
    this.away ||= setTimeout(cut, navigator.onLine === false ? 0 : 1500);
  }

  /** The server does not know us any more: what it had of us is gone, what was not sent is sent anew. */
  lost() {
    this.keep.drop("token");
    this.keep.drop("seen");
    this.wire.after = 0;
    for (const row of this.bySeq.values()) this.view.rows.take(row);
    this.bySeq.clear();
    this.view.rows.more.hidden = true;
  }

  // Sending: one by one, in order, until the server has it. Files that are still uploaded hold nobody up.

  next() {
    return [...this.onWay.values()].filter((row) => !row.chosen && (row.state === "waiting" || row.state === "failed")).sort((a, b) => a.at - b.at)[0];
  }

  async flush() {
    clearTimeout(this.timer);
    if (this.flushing) return;
    this.flushing = true;
    for (let row = this.next(); row; row = this.next()) {
      row.state = "sending";
      this.view.rows.mark(row);
      const answer = await this.deliver(row);
      if (!this.onWay.has(row.id)) continue; // its echo was quicker than the answer
      const again = this.settle(row, answer);
      if (again) {
        this.timer = setTimeout(() => this.flush(), again);
        break;
      }
    }
    this.flushing = false;
  }

  async deliver(row, anew = true) {
    const session = await this.wire.session();
    if (!this.wire.token) return session;
    const body = { id: row.id, text: row.body, name: this.keep.get("name"), identity: this.wire.identity, file: row.file && row.file.n, answers: row.answers && row.answers.seq };
    const answer = await this.wire.ask("/widget/messages", { body });
    if (answer.status !== 401 || !anew) return answer;
    this.lost();
    return this.deliver(row, false);
  }

  /** Milliseconds until the next attempt; 0 when the row is done with. */
  settle(row, { status, data, wait }) {
    if (status === 200) {
      this.keep.drop(`out:${row.id}`);
      this.retryIn = 0;
      row.state = "sent";
      this.view.rows.mark(row);
      this.wire.start();
      return 0;
    }
    const passing = status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
    if (!passing) {
      this.refuse(row, why(data, `${say("refused")} (${status}).`));
      return 0;
    }
    row.state = "failed";
    row.why = status === 0 ? say("kept") : why(data, `${say("failed")} (${status}).`);
    this.view.rows.mark(row);
    this.retryIn = Math.min(30_000, (this.retryIn || 1500) * 2);
    return wait ? wait * 1000 : this.retryIn;
  }

  // Showing.

  /** What was written and not sent when the page was left; a file that was not whole at the server is lost, and said so. */
  recall() {
    for (const key of this.keep.keys("out:")) {
      const kept = this.keep.get(key);
      if (!kept || typeof kept.text !== "string") continue;
      const { text, at, answers, file } = kept;
      const gone = Boolean(file && !file.n);
      const words = gone ? say("lost", { name: file.name }) : kept.why;
      const row = { id: key.slice(4), body: text, at, answers, file: file && { ...file, state: "wanted" }, mine: true, state: words ? "refused" : "waiting", why: words, gone, old: true };
      this.onWay.set(row.id, row);
      this.view.rows.put(row);
    }
  }

  async connect() {
    const session = await this.wire.session();
    if (!this.wire.token) {
      if (session.status === 403) this.alarm(why(session.data, say("unsaid")));
      return;
    }
    const answer = await this.wire.ask("/widget/history");
    if (answer.status === 401) {
      this.lost();
      return;
    }
    if (answer.status === 200) this.fill(answer.data);
    this.wire.start();
  }

  fill({ messages, more }) {
    this.view.rows.keepingPlace(() => messages.forEach((message) => (this.bySeq.has(message.seq) ? this.renew(this.bySeq.get(message.seq), message) : this.place(message, true))));
    this.view.rows.more.hidden = !more;
    this.wire.after = Math.max(this.wire.after, ...messages.map((message) => message.seq));
    if (this.bySeq.size <= messages.length) this.view.rows.toEnd();
    this.look();
  }

  place(message, old) {
    const row = (message.mine && this.onWay.get(message.id)) || {};
    if (message.mine) {
      this.onWay.delete(message.id);
      this.keep.drop(`out:${message.id}`);
    }
    this.learn(row, message);
    Object.assign(row, { seq: message.seq, at: message.at, mine: message.mine, name: message.mine ? "" : message.author, state: "sent", old });
    this.bySeq.set(row.seq, row);
    if (row.node) this.view.rows.draw(row);
    this.view.rows.put(row);
    this.view.naming.hidden = true;
  }

  renew(row, message) {
    if (row.v === message.v) return;
    this.learn(row, message);
    this.view.rows.draw(row);
    this.view.rows.mark(row);
  }

  learn(row, { id, v, body, file, answers, reactions, edited, reached }) {
    Object.assign(row, { id, v, body, answers, reactions, edited, reached, file: file && { ...(row.file || {}), ...file } });
  }

  forget(row) {
    if (this.changing === row || (this.answering && this.answering.seq === row.seq)) this.leave();
    this.bySeq.delete(row.seq);
    this.view.rows.take(row);
    this.look();
  }

  /** Count what was not looked at yet, and tell the server how far we are. */
  look() {
    const newest = Math.max(0, ...this.bySeq.keys());
    if (this.view.isOpen && document.visibilityState === "visible") {
      if (newest > (this.keep.get("seen") || 0)) this.keep.set("seen", newest);
      this.view.unread(0);
    } else {
      const seen = this.keep.get("seen") || 0;
      const unread = [...this.bySeq.values()].filter((row) => !row.mine && row.seq > seen);
      this.view.unread(unread.length);
      const last = unread[unread.length - 1];
      if (last && last !== this.said && !last.old) this.view.say(say("said", { name: last.name || say("support"), text: (plainText(last.body) || (last.file ? last.file.name : "")).slice(0, 200) }));
      this.said = last;
    }
    this.tellSeen ||= setTimeout(() => this.receipts(), 400);
  }

  async receipts() {
    this.tellSeen = 0;
    const delivered = Math.max(0, ...[...this.bySeq.values()].filter((row) => !row.mine).map((row) => row.seq));
    const read = Math.min(delivered, this.keep.get("seen") || 0);
    const known = this.keep.get("told") || this.told;
    if (!this.wire.token || (delivered <= known.delivered && read <= known.read)) return;
    const { status } = await this.wire.ask("/widget/seen", { body: { delivered, read } });
    if (status === 200) this.keep.set("told", { delivered, read });
  }

  watch() {
    const back = () => {
      if (document.visibilityState !== "visible") return;
      this.look();
      if (this.wire.token) this.wire.start();
      if (this.next()) this.flush();
    };
    document.addEventListener("visibilitychange", back);
    window.addEventListener("online", back);
    window.addEventListener("offline", () => this.net(false));
    window.addEventListener("pageshow", (event) => event.persisted && back());
    window.addEventListener("pagehide", () => this.wire.stop());
    window.addEventListener("storage", (event) => this.elsewhere(event));
  }

  /** Another tab of this site did something. */
  elsewhere({ key, newValue }) {
    if (!key || !key.startsWith(this.keep.prefix)) return;
    const what = key.slice(this.keep.prefix.length);
    if (newValue === null) this.keep.memory.delete(what);
    const row = what.startsWith("out:") && this.onWay.get(what.slice(4));
    if (row && newValue === null && row.state !== "sent") {
      this.onWay.delete(row.id);
      this.view.rows.take(row);
    }
    if (what === "token" && newValue && !this.wire.running) this.connect();
    if (what === "seen") this.look();
  }
}

/** What tells one person's keepings from another's in this browser: a sum of his id. */
function personOf(identity) {
  let id = identity;
  try {
    id = String(JSON.parse(atob(identity.split(".")[0].replace(/-/g, "+").replace(/_/g, "/"))).id);
  } catch { /* the server will refuse it */ }
  return [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) | 0, 7);
}

const script = document.currentScript;
const data = script ? script.dataset : {};
const base = script ? new URL(script.src).origin : location.origin;
const accent = data.accent || LOOKS.accent || "";
const begin = () => document.querySelector("relaydesk-widget") || new Chat({
  base,
  channel: data.channel || "",
  identity: data.identity || "",
  title: data.title || LOOKS.title || say("title"),
  subtitle: data.subtitle || LOOKS.subtitle || say("subtitle"),
  greeting: data.greeting || LOOKS.greeting || say("greeting"),
  accent: /^#[0-9a-f]{6}$/i.test(accent) ? accent : "",
  side: data.side === "left" ? "left" : "right",
  open: "open" in data,
}, CSS_TEXT);
speak([data.lang, LOOKS.lang, document.documentElement.lang, ...(navigator.languages || [])], base).then(() => {
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
});
