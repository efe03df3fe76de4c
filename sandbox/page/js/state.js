// What the sandbox knows, kept fresh: one snapshot, refetched when the feed says something changed.

import { say } from "./dom.js";

export const state = { slack: empty("slack"), telegram: empty("telegram"), whatsapp: { numbers: [], people: [] }, mail: { letters: [] }, scene: {}, trouble: null, link: "waiting" };
const watchers = new Set();
const TAIL = 400;

function empty(platform) {
  return platform === "slack"
    ? { users: [], apps: [], rooms: [], views: {}, homes: {}, ephemerals: {} }
    : { users: [], bots: [], chats: [], toasts: {}, ephemerals: {} };
}

export function watch(watcher) {
  watchers.add(watcher);
}

export function tell(what) {
  for (const watcher of watchers) {
    try {
      watcher(what);
    } catch (wrong) {
      console.error(wrong);
    }
  }
}

// A person does something. Answers with the result; throws an Error with the sandbox's own sentence.
export async function act(platform, method, words = {}) {
  return send("POST", `/control/${platform}/${method}`, words);
}

export async function send(verb, path, words) {
  let answer;
  try {
    answer = await fetch(path, { method: verb, headers: { "Content-Type": "application/json" }, body: words === undefined ? undefined : JSON.stringify(words) });
  } catch {
    throw new Error("The sandbox does not answer.");
  }
  const text = await answer.text();
  let result = null;
  try { result = text ? JSON.parse(text) : null; } catch { /* not JSON: an accident of the server */ }
  if (!answer.ok) throw new Error(result?.error || `The sandbox answered ${answer.status}.`);
  return result;
}

// Open an address: a place of this page, or a new tab. main.js says how.
let opener = () => undefined;
export const setOpener = (how) => { opener = how; };
export const visit = (url) => opener(url);

const wanted = new Set();
// Fetch these parts now, for what no change tells of.
export async function refreshed(parts) {
  Object.assign(state, await send("GET", `/control/state?only=${parts}&tail=${TAIL}`));
  tell(new Set(parts));
}
let fetching = false;
let timer = 0;

function want(...parts) {
  parts.forEach((part) => wanted.add(part));
  if (!timer && !fetching) timer = setTimeout(refresh, 25);
}

async function refresh() {
  timer = 0;
  fetching = true;
  const parts = [...wanted];
  wanted.clear();
  const started = performance.now();
  try {
    const snapshots = parts.filter((part) => part in { slack: 1, telegram: 1, whatsapp: 1, mail: 1 });
    if (snapshots.length) Object.assign(state, await send("GET", `/control/state?only=${snapshots}&tail=${TAIL}`));
    for (const chat of parts.includes("telegram") ? state.telegram.chats : []) chat.messages = chat.messages.filter((one) => !one.deleted);
    if (parts.includes("scene")) state.scene = (await send("GET", "/control/scene")) || {};
    if (parts.includes("trouble")) state.trouble = await send("GET", "/control/trouble");
    tell(new Set(parts));
  } catch (wrong) {
    console.warn(wrong);
    parts.forEach((part) => wanted.add(part));
  }
  fetching = false;
  // A big world takes longer to fetch: leave the machine at least as much time as the fetch took.
  if (wanted.size && !timer) timer = setTimeout(refresh, Math.max(25, Math.min(2000, performance.now() - started)));
}

function link(name) {
  if (state.link === name) return;
  if (name === "lost") say("Connection to the sandbox lost");
  state.link = name;
  tell(new Set(["link"]));
}

export async function connect() {
  want("scene", "trouble", "slack", "telegram", "whatsapp", "mail");
  let after = 0;
  try { after = (await send("GET", "/control/state?only=mail")).n; } catch { /* the feed will start from the beginning */ }
  const feed = new EventSource(`/control/feed?after=${after}`);
  feed.onopen = () => {
    if (state.link === "lost") want("scene", "trouble", "slack", "telegram", "whatsapp", "mail");
    link("live");
  };
  feed.onerror = () => {
    link("lost");
    if (feed.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  };
  feed.onmessage = (event) => {
    const change = JSON.parse(event.data);
    if (change.kind === "call") return tell(new Set(["call"]));
    want(change.platform === "sandbox" ? change.kind : change.platform);
  };
}
