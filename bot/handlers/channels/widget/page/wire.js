// The talk with the server: plain requests one way, one long answer (server-sent events read by fetch) the other way.
// fetch and not EventSource, so that the token goes in a header and never in an address.
const SILENCE_MS = 40_000; // the server speaks every 15 s
const REQUEST_MS = 20_000;

/** What the browser keeps for this channel; in memory where the page may keep nothing, and what is `secret` always there. */
class Keep {
  constructor(prefix, secret) {
    this.prefix = prefix;
    this.secret = secret;
    this.memory = new Map();
    try {
      this.storage = window.localStorage;
      this.storage.getItem(prefix);
    } catch {
      this.storage = null;
    }
  }

  get(key) {
    try {
      const raw = this.storage && this.storage.getItem(this.prefix + key);
      if (raw != null) return JSON.parse(raw);
    } catch { /* unreadable or forbidden: as if it were not there */ }
    return this.memory.get(key);
  }

  set(key, value) {
    this.memory.set(key, value);
    try {
      if (this.storage && key !== this.secret) this.storage.setItem(this.prefix + key, JSON.stringify(value));
    } catch { /* full or forbidden: memory has it */ }
  }

  drop(key) {
    this.memory.delete(key);
    try {
      if (this.storage) this.storage.removeItem(this.prefix + key);
    } catch { /* forbidden */ }
  }

  keys(start) {
    const found = new Set([...this.memory.keys()]);
    for (let i = 0; this.storage && i < this.storage.length; i += 1) {
      const key = this.storage.key(i);
      if (key.startsWith(this.prefix)) found.add(key.slice(this.prefix.length));
    }
    return [...found].filter((key) => key.startsWith(start));
  }
}

function randomId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Wire {
  /** `hears` has news(kind, m), typing(name), net(ok), lost(), have(). `identity` is the site's word of who this is. */
  constructor(base, channel, identity, keep, hears) {
    Object.assign(this, { base, channel, identity, keep, hears });
    this.after = 0;
    this.wanted = false;
    this.running = false;
    this.attempt = 0;
  }

  get token() {
    return this.keep.get("token");
  }

  url(path, query = {}) {
    const url = new URL(path, this.base);
    for (const [key, value] of Object.entries({ channel: this.channel, ...query })) {
      if (value != null && value !== "") url.searchParams.set(key, value);
    }
    return url;
  }

  headers(extra) {
    return this.token ? { ...extra, Authorization: `Bearer ${this.token}` } : { ...extra };
  }

  /** One request; status 0 when the server could not be reached. */
  async ask(path, { query, body } = {}) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), REQUEST_MS);
    try {
      const answer = await fetch(this.url(path, query), {
        method: body ? "POST" : "GET",
        headers: this.headers(body ? { "Content-Type": "application/json" } : {}),
        body: body && JSON.stringify(body),
        signal: stop.signal,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "origin",
      });
      const data = await answer.json().catch(() => ({}));
      this.hears.net(true);
      return { status: answer.status, data, wait: Number(answer.headers.get("Retry-After")) || 0 };
    } catch {
      this.hears.net(false);
      return { status: 0, data: {}, wait: 0 };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Have a token; another tab's counts. Answers like `ask`. */
  async session() {
    if (this.token) return { status: 200, data: {}, wait: 0 };
    const answer = await this.ask("/widget/session", { body: { identity: this.identity } });
    if (answer.data.token && !this.token) this.keep.set("token", answer.data.token);
    return answer;
  }

  /** Hear the server until `stop`. */
  start() {
    this.wanted = true;
    if (this.running) this.hurry();
    else if (this.token) this.run();
  }

  stop() {
    this.wanted = false;
    this.hurry();
  }

  /** Cut short the pause between two attempts, or the dead connection. */
  hurry() {
    this.attempt = 0;
    if (this.wake) this.wake();
    if (!this.wanted && this.cut) this.cut.abort();
  }

  async run() {
    this.running = true;
    while (this.wanted && this.token) {
      try {
        await this.hear();
      } catch { /* a lost connection is the normal end of a stream */ }
      if (!this.wanted || !this.token) break;
      this.hears.net(false);
      this.attempt += 1;
      const pause = Math.min(30_000, 500 * 2 ** Math.min(this.attempt, 6)) * (0.5 + Math.random() / 2);
      await new Promise((go) => {
        this.wake = go;
        setTimeout(go, pause);
      });
      this.wake = null;
    }
    this.running = false;
  }

  async hear() {
    this.cut = new AbortController();
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.cut.abort(), SILENCE_MS);
    };
    try {
      alive();
      const answer = await fetch(this.url("/widget/events", { have: this.hears.have() }), {
        headers: this.headers({ Accept: "text/event-stream", "Last-Event-ID": String(this.after) }),
        signal: this.cut.signal,
        credentials: "omit",
        cache: "no-store",
        referrerPolicy: "origin",
      });
      if (answer.status === 401) {
        this.wanted = false;
        this.hears.lost();
        return;
      }
      if (!answer.ok) throw new Error(String(answer.status));
      this.hears.net(true);
      this.attempt = 0;
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        alive();
        const events = (rest + value).split("\n\n");
        rest = events.pop();
        events.forEach((event) => this.take(event));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  take(event) {
    const fields = {};
    for (const row of event.split("\n")) {
      const at = row.indexOf(": ");
      if (at > 0) fields[row.slice(0, at)] = row.slice(at + 2);
    }
    if (fields.id) this.after = Math.max(this.after, Number(fields.id) || 0);
    if (["message", "edit", "delete", "reaction", "receipt"].includes(fields.event)) this.hears.news(fields.event, JSON.parse(fields.data));
    if (fields.event === "typing") this.hears.typing(JSON.parse(fields.data).author);
    if (fields.event === "moved") this.wanted = false; // another tab listens now; we do again when this one is looked at
  }
}
