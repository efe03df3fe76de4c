// A room's timeline and a thread beside it.

import { act, state } from "../state.js";
import { attempt } from "../overlay.js";
import { author, isReply, messageNode, seconds } from "./message.js";
import { composer, packed } from "../composer.js";
import { day, follow, h, iconButton, keep, toEnd } from "../dom.js";
import { nameOf, plainOf } from "./text.js";

const GATHER = 300;

// Messages as keyed items: a line for each day, consecutive words of one person without repeating the name.
function items(messages, place, { thread, all } = {}) {
  const rows = [];
  let before = null;
  for (const message of messages) {
    const at = seconds(message);
    if (!before || day(seconds(before)) !== day(at)) rows.push({ key: `day-${day(at)}`, sign: "", day: day(at) });
    const who = author(message);
    const last = before && author(before);
    const replies = thread ? null : repliesOf(message, all, place);
    const compact = Boolean(before && isTalk(before) && isTalk(message) && last.name === who.name && last.bot === who.bot && at - seconds(before) < GATHER && day(seconds(before)) === day(at) && before.ts !== thread && !rows.at(-1).replies);
    rows.push({ key: `${message.is_ephemeral ? "e" : ""}${message.ts}`, sign: JSON.stringify([message, compact, replies, place.user, place.room, who]), message, compact, replies });
    before = message;
  }
  return rows;
}

// Words, not cards: only they are gathered under one name.
function isTalk(message) {
  return [undefined, "bot_message", "file_share"].includes(message.subtype) && !message.is_ephemeral && !(message.blocks || []).some((block) => block.type !== "rich_text" && block.type !== "section");
}

function repliesOf(root, all, place) {
  const replies = all.filter((one) => isReply(one) && one.thread_ts === root.ts);
  if (!replies.length) return root.reply_count ? { count: root.reply_count, people: [], last: seconds({ ts: root.latest_reply || root.ts }) } : null;
  const people = new Map(replies.map((one) => { const who = author(one); return [who.name, who]; }));
  return { count: replies.length, people: [...people.values()], last: seconds(replies.at(-1)), fresh: place.fresh(root.ts, replies) };
}

// `ui` is the column's state: {user, room, thread}; `go` changes it.
export function timeline(ui, go, box) {
  const list = h("div", { class: "list" });
  const scroller = h("div", { class: "scroll timeline", role: "log", "aria-label": "Messages", tabindex: 0 }, list);
  const name = h("h3", {});
  const note = h("small", {});
  const writing = composer({
    label: "Message", emojiCodes: true, accent: "var(--slack)",
    onsend: (text) => { toEnd(scroller); return write(ui, text); },
    onfiles: (files, text) => upload(ui, box, files, text),
    suggest: (text) => [...commands(text), ...people(text)],
  });
  const root = h("section", { class: "room stack" },
    h("header", { class: "bar" }, iconButton("back", "Back to rooms", () => go({ pane: "list" }), { class: "back" }), h("div", {}, name, note)), scroller, writing.root);
  function draw() {
    const room = state.slack.rooms.find((one) => one.id === ui.room);
    if (!room) return;
    name.textContent = titleOf(room, ui.user);
    note.textContent = room.is_im ? "direct messages" : `${(room.members || []).filter((id) => state.slack.users.some((user) => user.id === id && !user.is_bot)).length} people`;
    const place = placeOf(ui, go, box, writing, false);
    const said = shown(room, ui).filter((one) => !isReply(one) || one.subtype === "thread_broadcast");
    const rows = items(said, place, { all: room.messages });
    follow(scroller, `${ui.user}/${ui.room}`, () => keep(list, rows.length ? rows : [{ key: "empty", sign: `${room.id}${titleOf(room, ui.user)}`, empty: titleOf(room, ui.user), im: room.is_im }], (item) => row(item, place)));
    writing.at(`${ui.user}/${ui.room}`, `Message ${titleOf(room, ui.user).replace("# ", "#")}`);
  }
  return { root, draw, writing };
}

export function threadPane(ui, go, box) {
  const list = h("div", { class: "list" });
  const scroller = h("div", { class: "scroll timeline", role: "log", "aria-label": "Thread", tabindex: 0 }, list);
  const status = h("p", { class: "status", role: "status", hidden: true });
  const note = h("small", {});
  const writing = composer({
    label: "Reply", emojiCodes: true, accent: "var(--slack)", onescape: () => go({ thread: null }),
    onsend: (text) => {
      if (/^\/[a-z]/i.test(text)) throw new Error(`${text.split(/\s/)[0]} doesn't work in threads. Write it in the room instead, or start with “!” here.`);
      toEnd(scroller);
      return act("slack", "post", { user: ui.user, room: ui.room, text: mentioned(text), thread_ts: ui.thread });
    },
    onfiles: (files, text) => upload(ui, box, files, text, ui.thread),
    suggest: people,
  });
  const root = h("section", { class: "thread stack", "aria-label": "Thread" },
    h("header", { class: "bar" }, iconButton("back", "Back to the room", () => go({ thread: null }), { class: "back" }), h("div", {}, h("h3", {}, "Thread"), note), iconButton("close", "Close thread", () => go({ thread: null }), { class: "shut" })), scroller, status, writing.root);
  function draw() {
    const room = state.slack.rooms.find((one) => one.id === ui.room);
    if (!room || !ui.thread) return;
    const busy = (state.slack.statuses || []).find((one) => one.room === ui.room && one.thread_ts === ui.thread);
    status.hidden = !busy;
    status.textContent = busy ? busy.status : "";
    const place = placeOf(ui, go, box, writing, true);
    const said = shown(room, ui, ui.thread);
    if (!said.some((one) => one.ts === ui.thread)) return go({ thread: null });
    note.textContent = titleOf(room, ui.user);
    follow(scroller, `${ui.user}/${ui.room}/${ui.thread}`, () => keep(list, items(said, place, { thread: ui.thread }), (item) => row(item, place)));
    writing.at(`${ui.user}/${ui.room}/${ui.thread}`, "Reply…");
  }
  return { root, draw, writing };
}

// What this person sees in the room or thread: the messages and the ephemeral ones for their eyes only.
function shown(room, ui, thread) {
  const mine = (state.slack.ephemerals[ui.user] || [])
    .filter((one) => one.channel === room.id && !ui.dismissed.has(one.ts) && (thread ? one.thread_ts === thread : !one.thread_ts))
;
  const said = thread ? room.messages.filter((one) => one.ts === thread || one.thread_ts === thread) : room.messages;
  return [...said, ...mine].sort((a, b) => Number(a.ts) - Number(b.ts));
}

function placeOf(ui, go, box, writing, inThread) {
  return {
    user: ui.user, room: ui.room, box, inThread,
    open: (ts) => { go({ thread: ts }); },
    dismiss: (message) => { ui.dismissed.add(message.ts); go({}); },
    edit: (message) => startEdit(message, ui, box),
    fresh: (ts, replies) => ui.fresh(`${ui.room}/${ts}`, replies.at(-1), replies.at(-1)?.user),
  };
}

function row(item, place) {
  if (item.day) return h("div", { class: "day", role: "separator" }, h("span", {}, item.day));
  if (item.empty) return h("div", { class: "empty" }, h("b", {}, "👋"), h("strong", {}, `This is ${item.empty.replace("# ", "#")}`), h("span", {}, item.im ? "What the app tells you in private appears here." : "Client conversations will appear here as threads."));
  return messageNode(item.message, place, item);
}

export function titleOf(room, user) {
  if (!room.is_im) return `${room.is_private ? "🔒 " : "# "}${room.name}`;
  const other = [room.user, ...(room.members || [])].filter((id) => id && id !== user);
  const app = state.slack.apps.find((one) => other.includes(one.bot_user_id) || other.includes(one.user_id));
  return app?.name || state.slack.users.find((one) => other.includes(one.id))?.real_name || "relaydesk";
}

function startEdit(message, ui, box) {
  const article = [...box.querySelectorAll("article")].find((one) => one.dataset.ts === message.ts && one.offsetParent);
  if (!article) return;
  const body = article.querySelector(".body");
  const kept = [...body.childNodes];
  const area = h("textarea", { class: "field", rows: 2, "aria-label": "Edit message" });
  area.value = plainOf(message.text);
  const back = () => body.replaceChildren(...kept);
  const save = async () => {
    const done = await attempt(box, () => act("slack", "edit", { user: ui.user, room: ui.room, ts: message.ts, text: mentioned(area.value) }));
    if (done !== undefined) back();
  };
  area.addEventListener("keydown", (event) => {
    if (event.key === "Escape") { event.stopPropagation(); back(); }
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); save(); }
  });
  body.replaceChildren(area, h("div", { class: "row" }, h("button", { type: "button", class: "btn", onclick: back }, "Cancel"), h("button", { type: "button", class: "btn primary", onclick: save }, "Save")));
  area.focus();
}

// The sandbox takes the words as typed and does what Slack's composer does; only @names are chosen here.
export function mentioned(text) {
  const people = state.slack.users.flatMap((user) => [user.real_name, user.name].filter(Boolean).map((name) => ({ id: user.id, name }))).sort((a, b) => b.name.length - a.name.length);
  return people.reduce((said, { id, name }) => said.replace(new RegExp(`(^|\\s)@${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w-])`, "gi"), `$1<@${id}>`), text);
}

// "@ol" offers the people of the workspace.
function people(text) {
  const asked = /(^|\s)@([\p{L}.]*)$/u.exec(text);
  if (!asked) return [];
  const words = asked[2].toLowerCase();
  return state.slack.users.filter((user) => !user.deleted && nameOf(user).toLowerCase().split(/\s+/).some((part) => part.startsWith(words)))
    .slice(0, 6).map((user) => ({ insert: `${text.slice(0, text.length - asked[2].length)}${nameOf(user)} `, title: nameOf(user), about: user.is_bot ? "app" : "" }));
}

function write(ui, text) {
  const slash = /^(\/[a-z][\w-]*)(?:\s+(.*))?$/is.exec(text);
  if (slash) return act("slack", "slash", { user: ui.user, room: ui.room, command: slash[1], text: slash[2] || "" });
  return act("slack", "post", { user: ui.user, room: ui.room, text: mentioned(text) });
}

const commandsOf = () => state.slack.apps.flatMap((app) => (app.slash_commands || []).map((one) => (typeof one === "string" ? { command: one, description: app.name } : one)));

function commands(text) {
  if (!/^\/\S*$/.test(text)) return [];
  return commandsOf().filter((one) => one.command.startsWith(text)).map((one) => ({ insert: `${one.command} `, title: one.command, about: one.description || one.usage_hint || "" }));
}

async function upload(ui, box, files, text, thread) {
  await attempt(box, async () => {
    const sent = await Promise.all(files.map(async (file) => ({ name: file.name, content: await packed(file), ...(file.type ? { mimetype: file.type } : {}) })));
    return act("slack", "post", { user: ui.user, room: ui.room, text: mentioned(text), files: sent, ...(thread ? { thread_ts: thread } : {}) });
  });
}
