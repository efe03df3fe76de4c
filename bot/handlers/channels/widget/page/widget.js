// The chat itself: what the visitor does and what the server says, brought together.
const LIMIT = 8000;

class Chat {
  constructor(options, css) {
    this.keep = new Keep(`relaydesk:${options.channel || ""}@${new URL(options.base).host}:`);
    this.wire = new Wire(options.base, options.channel, this.keep, this);
    this.bySeq = new Map();
    this.onWay = new Map();
    this.retryIn = 0;
    this.view = new View({ ...options, limit: LIMIT }, css, this);
    this.view.input.value = this.keep.get("draft") || "";
    this.view.name.value = this.keep.get("name") || "";
    this.view.naming.hidden = Boolean(this.keep.get("wrote"));
    this.recall();
    this.watch();
    if (this.wire.token) this.connect();
    if (this.onWay.size) this.flush();
    if (options.open) this.view.open(false);
  }

  // What the view asks.

  open() {
    this.look();
    if (this.wire.token && !this.wire.wanted) this.wire.start();
  }

  close() {}

  typed(text) {
    if (text) this.keep.set("draft", text);
    else this.keep.drop("draft");
  }

  send(text, name) {
    if (name) this.keep.set("name", name);
    this.keep.set("wrote", true);
    this.view.naming.hidden = true;
    const row = { id: randomId(), body: text, at: Date.now(), mine: true, state: "waiting" };
    this.keep.set(`out:${row.id}`, { text, at: row.at });
    this.onWay.set(row.id, row);
    this.view.put(row);
    this.flush();
  }

  retry(row) {
    row.state = "waiting";
    this.keep.set(`out:${row.id}`, { text: row.body, at: row.at });
    this.view.mark(row);
    this.view.input.focus();
    this.flush();
  }

  discard(row) {
    this.keep.drop(`out:${row.id}`);
    this.onWay.delete(row.id);
    this.view.take(row);
    this.view.input.focus();
  }

  async earlier() {
    const oldest = Math.min(...this.bySeq.keys());
    const answer = await this.wire.ask("/widget/history", { query: { before: oldest } });
    if (answer.status === 200) this.fill(answer.data);
  }

  // What the wire says.

  message(message) {
    this.place(message, false);
    this.look();
  }

  net(ok) {
    if (ok) {
      clearTimeout(this.away);
      this.away = 0;
      this.view.tell("");
      if (!this.flushing && this.next()) this.flush();
      return;
    }
    const words = "No connection. What you write is kept here and sent as soon as you are back online.";
    this.away ||= setTimeout(() => this.view.tell(words), navigator.onLine === false ? 0 : 1500);
  }

  /** The server does not know us any more: what it had of us is gone, what was not sent is sent anew. */
  lost() {
    this.keep.drop("token");
    this.keep.drop("seen");
    this.wire.after = 0;
    for (const row of this.bySeq.values()) this.view.take(row);
    this.bySeq.clear();
    this.view.more.hidden = true;
  }

  // Sending: one by one, in order, until the server has it.

  next() {
    return [...this.onWay.values()].filter((row) => row.state === "waiting" || row.state === "failed").sort((a, b) => a.at - b.at)[0];
  }

  async flush() {
    clearTimeout(this.timer);
    if (this.flushing) return;
    this.flushing = true;
    for (let row = this.next(); row; row = this.next()) {
      row.state = "sending";
      this.view.mark(row);
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
    const answer = await this.wire.ask("/widget/messages", { body: { id: row.id, text: row.body, name: this.keep.get("name") } });
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
      this.view.mark(row);
      this.wire.start();
      return 0;
    }
    const passing = status === 0 || status === 401 || status === 408 || status === 429 || status >= 500;
    row.state = passing ? "failed" : "refused";
    row.why = status === 0 ? "Not sent yet. It is kept here." : data.message || `Not sent (${status}).`;
    if (!passing) this.keep.set(`out:${row.id}`, { text: row.body, at: row.at, why: row.why });
    this.view.mark(row);
    if (!passing) return 0;
    this.retryIn = Math.min(30_000, (this.retryIn || 1500) * 2);
    return wait ? wait * 1000 : this.retryIn;
  }

  // Showing.

  /** What was typed and not sent when the page was left. */
  recall() {
    for (const key of this.keep.keys("out:")) {
      const kept = this.keep.get(key);
      if (!kept || typeof kept.text !== "string") continue;
      const row = { id: key.slice(4), body: kept.text, at: kept.at, mine: true, state: kept.why ? "refused" : "waiting", why: kept.why, old: true };
      this.onWay.set(row.id, row);
      this.view.put(row);
    }
  }

  async connect() {
    const answer = await this.wire.ask("/widget/history");
    if (answer.status === 401) {
      this.lost();
      return;
    }
    if (answer.status === 200) this.fill(answer.data);
    this.wire.start();
  }

  fill({ messages, more }) {
    this.view.keepingPlace(() => messages.forEach((message) => this.place(message, true)));
    this.view.more.hidden = !more;
    this.wire.after = Math.max(this.wire.after, ...messages.map((message) => message.seq));
    if (this.bySeq.size <= messages.length) this.view.toEnd();
    this.look();
  }

  place(message, old) {
    if (this.bySeq.has(message.seq)) return;
    const row = (message.mine && this.onWay.get(message.id)) || { body: message.body };
    if (message.mine) {
      this.onWay.delete(message.id);
      this.keep.drop(`out:${message.id}`);
    }
    Object.assign(row, { seq: message.seq, at: message.at, mine: message.mine, name: message.mine ? "" : message.author, state: "sent", old });
    this.bySeq.set(row.seq, row);
    this.view.put(row);
    this.view.naming.hidden = true;
  }

  /** Count what was not looked at yet. */
  look() {
    const newest = Math.max(0, ...this.bySeq.keys());
    if (this.view.isOpen && document.visibilityState === "visible") {
      if (newest > (this.keep.get("seen") || 0)) this.keep.set("seen", newest);
      this.view.unread(0);
      return;
    }
    const seen = this.keep.get("seen") || 0;
    const unread = [...this.bySeq.values()].filter((row) => !row.mine && row.seq > seen);
    this.view.unread(unread.length);
    const last = unread[unread.length - 1];
    if (last && last !== this.said && !last.old) this.view.say(`New message from ${last.name}: ${plainText(last.body).slice(0, 200)}`);
    this.said = last;
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
      this.view.take(row);
    }
    if (what === "token" && newValue && !this.wire.running) this.connect();
    if (what === "seen") this.look();
  }
}

const script = document.currentScript;
const data = script ? script.dataset : {};
const options = {
  base: script ? new URL(script.src).origin : location.origin,
  channel: data.channel || "",
  title: data.title || "Chat with us",
  subtitle: data.subtitle || "Write to us, we answer right here",
  greeting: data.greeting || "Hello! How can we help you?",
  accent: /^#[0-9a-f]{6}$/i.test(data.accent || "") ? data.accent : "",
  side: data.side === "left" ? "left" : "right",
  open: "open" in data,
};
const begin = () => document.querySelector("relaydesk-widget") || new Chat(options, CSS_TEXT);
if (document.body) begin();
else document.addEventListener("DOMContentLoaded", begin);
