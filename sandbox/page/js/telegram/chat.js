// A Telegram chat or topic: messages, composer, replies, edits, toasts. The client and the operator share it.

import { act, state } from "../state.js";
import { alertIn, attempt, toast } from "../overlay.js";
import { bubble, gist, nameOf, senderOf, service, textOf } from "./bubble.js";
import { composer, packed } from "../composer.js";
import { day, follow, h, keep, toEnd } from "../dom.js";

const GATHER = 300;
const METHODS = { "image/png": "send_photo", "image/jpeg": "send_photo", "image/webp": "send_photo", "image/gif": "send_animation", "video/mp4": "send_video", "audio/ogg": "send_voice" };

// where() -> {user, chat, thread, messages, ephemerals, group, admin, name, closed, commands} or null
export function chatPane(where, box, options = {}) {
  let reply = null;
  let editing = null;
  const obeyed = new Set();
  const list = h("div", { class: "list" });
  const scroller = h("div", { class: "scroll chat", role: "log", "aria-label": "Messages", tabindex: 0 }, list);
  const writing = composer({
    label: "Message", accent: options.accent || "var(--telegram)",
    onsend: write, onfiles: upload,
    suggest: (text) => suggestions(text, where()),
    suggestLater: (text) => inline(text, where()),
    commands: () => where()?.commands || [],
    onescape: () => { reply = editing = null; writing.hint(null); },
  });
  const keys = h("div", { class: "reply-keys", hidden: true });
  const root = h("div", { class: "stack chat-pane" }, scroller, writing.root, keys);

  async function write(text) {
    const at = where();
    const spot = { user: at.user, chat: at.chat };
    if (editing) {
      const id = editing.message_id;
      editing = null;
      return act("telegram", "edit", { ...spot, message_id: id, text });
    }
    const to = reply;
    reply = null;
    toEnd(scroller);
    return act("telegram", "send", { ...spot, text, ...(at.thread ? { thread: at.thread } : {}), ...(to ? { reply_to: to.message_id } : {}) });
  }

  // Each file by the method that its kind has; several pictures are an album.
  async function upload(files, caption) {
    const at = where();
    const to = reply;
    reply = null;
    writing.hint(null);
    const pictures = files.filter((file) => METHODS[file.type] === "send_photo");
    const album = pictures.length > 1 && pictures.length === files.length ? { media_group_id: String(Date.now()) } : {};
    for (const [index, file] of files.entries()) {
      const method = METHODS[file.type] || (file.type.startsWith("audio/") ? "send_audio" : "send_document");
      const words = { user: at.user, chat: at.chat, content: (await packed(file)).base64, ...(index ? {} : { caption }), ...(at.thread ? { thread: at.thread } : {}), ...(to && !index ? { reply_to: to.message_id } : {}), ...album };
      if (!["send_photo", "send_voice"].includes(method)) words.name = file.name;
      if (method === "send_document") words.mime = file.type || "application/octet-stream";
      await attempt(box, () => act("telegram", method, words));
    }
  }

  function draw() {
    const at = where();
    root.hidden = !at;
    if (!at) return;
    const spot = `${at.user}/${at.chat}/${at.thread ?? ""}`;
    if (root.dataset.spot !== spot) { root.dataset.spot = spot; reply = editing = null; }
    if (reply?.message_id && !at.messages.some((one) => one.message_id === reply.message_id && !one.deleted)) { reply = null; writing.hint(null); }
    const place = {
      user: at.user, chat: at.chat, box, group: at.group, admin: at.admin,
      say: (text) => attempt(box, () => write(text)),
      prefill: (text) => writing.set(text),
      reply: (message) => { reply = message; editing = null; writing.hint(["Reply to ", h("b", {}, nameOf(senderOf(message))), `: ${gist(message)}`], { cancel: () => { reply = null; } }); writing.area.focus(); },
      edit: (message) => { editing = message; reply = null; writing.set(textOf(message)); writing.hint("Editing", { cancel: () => { editing = null; writing.set(""); } }); },
      find,
    };
    const rows = items([...at.messages, ...(at.ephemerals || [])].sort((a, b) => a.date - b.date || order(a) - order(b)), place);
    follow(scroller, spot, () => keep(list, rows.length ? rows : [{ key: "none", sign: `${at.name}${at.none}` }], (item) => {
      if (item.day) return h("div", { class: "day", role: "separator" }, h("span", {}, item.day));
      if (item.key === "none") return h("div", { class: "empty" }, h("b", {}, options.hello || "💬"), h("strong", {}, at.name), h("span", {}, at.none || options.none || "No messages here yet."));
      return bubble(item.message, place, item);
    }));
    writing.offers(at.commands?.length && !at.group);
    obey(at, place, spot);
    writing.at(spot, at.closed ? "The topic is closed" : (reply && at.keyboard?.message_id === reply.message_id && at.keyboard.input_field_placeholder) || options.placeholder || "Message");
    replyKeys(at, place);
  }

  // A bot that asks with "force reply" has the person answer that very message, once.
  function obey(at, place, spot) {
    const asked = at.keyboard?.force_reply && at.messages.find((one) => one.message_id === at.keyboard.message_id);
    const mark = `${spot}/${asked?.message_id}`;
    if (!asked || obeyed.has(mark) || asked.message_thread_id !== (at.thread ?? undefined)) return;
    obeyed.add(mark);
    const meant = asked.reply_to_message?.from?.id === at.user || (asked.entities || []).some((one) => one.user?.id === at.user);
    if (at.keyboard.selective && at.group && !meant) return;
    if (at.messages.some((one) => one.from?.id === at.user && one.message_id > asked.message_id)) return;
    writing.at(spot, at.keyboard.input_field_placeholder || options.placeholder || "Message");
    place.reply(asked);
  }

  // A bot's reply keyboard, if the newest message that sets one shows one.
  function replyKeys(at, place) {
    const last = at.keyboard !== undefined ? at.keyboard : at.messages.findLast((one) => one.reply_markup?.keyboard || one.reply_markup?.remove_keyboard)?.reply_markup;
    const rows = last?.keyboard || [];
    keys.hidden = !rows.length;
    const sign = JSON.stringify(rows);
    if (keys.sign === sign) return;
    keys.sign = sign;
    keys.replaceChildren(...rows.map((row) => h("div", { class: "keys-row" }, row.map((key) => h("button", { type: "button", class: "key plain", onclick: () => place.say(key.text ?? key) }, key.text ?? key)))));
  }
  // Scroll to a message and light it up for a moment.
  function find(id) {
    const node = [...list.querySelectorAll("article")].find((one) => one.dataset.id === String(id));
    node?.scrollIntoView({ block: "center", behavior: "smooth" });
    node?.classList.add("flash");
    setTimeout(() => node?.classList.remove("flash"), 1200);
  }
  return { root, draw, writing, find };
}

const order = (message) => message.message_id || Number.MAX_SAFE_INTEGER;

function items(messages, place) {
  const rows = [];
  let before = null;
  for (const message of messages) {
    if (!before || day(before.date) !== day(message.date)) rows.push({ key: `day-${day(message.date)}`, sign: "", day: day(message.date) });
    const compact = Boolean(before && !service(before) && !service(message) && senderOf(before).id === senderOf(message).id && message.date - before.date < GATHER && !before.reply_markup?.inline_keyboard && !message.ephemeral_message_id && !before.ephemeral_message_id);
    rows.push({ key: message.ephemeral_message_id ? `e${message.ephemeral_message_id}` : message.message_id, sign: JSON.stringify([message, compact, place.user, place.chat, place.admin]), message, compact });
    before = message;
  }
  return rows;
}

function suggestions(text, at) {
  if (!at || !/^\/\S*$/.test(text)) return [];
  return (at.commands || []).filter((one) => `/${one.command}`.startsWith(text.toLowerCase())).map((one) => ({ insert: `/${one.command}${at.group && at.botName ? `@${at.botName}` : ""} `, title: `/${one.command}`, about: one.description }));
}

// Inline mode: "@bot words" asks the bot as one types; a chosen result is posted via it.
async function inline(text, at) {
  const asked = /^@(\w+)\s(.*)$/s.exec(text);
  const bot = asked && state.telegram.bots.find((one) => one.username?.toLowerCase() === asked[1].toLowerCase());
  if (!bot || !at) return [];
  const found = await act("telegram", "inline", { user: at.user, bot: bot.id, query: asked[2], chat_type: at.group ? "supergroup" : "sender" }).catch(() => null);
  return (found?.results || []).map((one) => ({
    insert: "", title: one.title || one.id, about: one.description || one.content?.text || "",
    run: () => act("telegram", "choose_inline", { user: at.user, bot: bot.id, query_id: found.id, result_id: one.id, chat: at.chat, ...(at.thread ? { thread: at.thread } : {}) }),
  }));
}

// Show the answers to pressed buttons as they come.
export function toasts(box) {
  const shown = new Map();
  return (user) => {
    const list = state.telegram.toasts?.[user] || [];
    const before = shown.get(user);
    shown.set(user, list.length);
    if (before === undefined) return;
    for (const one of list.slice(before)) {
      const text = typeof one === "string" ? one : one.text;
      if (text && one.alert) alertIn(box, text);
      else if (text) toast(box, text);
    }
  };
}
