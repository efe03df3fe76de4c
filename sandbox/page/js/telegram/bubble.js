// One Telegram message as a bubble, or as a line when it tells of a change in the chat.

import { act, state, visit } from "../state.js";
import { attempt, menu, toast } from "../overlay.js";
import { avatar, h, hour, iconButton, size } from "../dom.js";
import { entityNodes } from "./text.js";
import { pickEmoji, TELEGRAM } from "../emoji.js";

export const nameOf = (user) => (user ? user.title || [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username || String(user.id) : "?");
export const senderOf = (message) => message.sender_chat || message.from || {};
export const textOf = (message) => message.text ?? message.caption ?? "";

export function gist(message) {
  if (!message) return "";
  const kind = ["photo", "document", "video", "voice", "audio", "sticker", "animation", "video_note", "location", "contact", "poll"].find((one) => message[one]);
  const label = { photo: "🖼 Photo", document: `📎 ${message.document?.file_name || "File"}`, video: "🎬 Video", voice: "🎤 Voice message", audio: "🎵 Audio", sticker: `${message.sticker?.emoji || ""} Sticker`, animation: "GIF", video_note: "Video message", location: "📍 Location", contact: "👤 Contact", poll: "📊 Poll" }[kind];
  return [label, textOf(message).replace(/\s+/g, " ")].filter(Boolean).join(" · ") || service(message) || "Message";
}

// What a service message says, or null when it is an ordinary one.
export function service(message) {
  const who = nameOf(message.from);
  if (message.forum_topic_created) return `${who} created the topic “${message.forum_topic_created.name}”`;
  if (message.forum_topic_edited) return message.forum_topic_edited.name ? `${who} renamed the topic to “${message.forum_topic_edited.name}”` : `${who} changed the topic’s icon`;
  if (message.forum_topic_closed) return `${who} closed the topic`;
  if (message.forum_topic_reopened) return `${who} reopened the topic`;
  if (message.general_forum_topic_hidden) return `${who} hid General`;
  if (message.general_forum_topic_unhidden) return `${who} showed General`;
  if (message.pinned_message) return `${who} pinned “${gist(message.pinned_message).slice(0, 60)}”`;
  if (message.new_chat_members) return `${message.new_chat_members.map(nameOf).join(", ")} joined`;
  if (message.left_chat_member) return `${nameOf(message.left_chat_member)} left`;
  if (message.new_chat_title) return `${who} renamed the group to “${message.new_chat_title}”`;
  if (message.group_chat_created || message.supergroup_chat_created) return `${who} created the group`;
  return null;
}

// place: {user, chat (as the control API wants it), box, group, reply(message), edit(message), find(id)}
export function bubble(message, place, { compact }) {
  const told = service(message);
  if (told) return h("div", { class: "told", role: "note" }, h("span", {}, told));
  const from = senderOf(message);
  const mine = from.id === place.user && !message.sender_chat;
  const ephemeral = Boolean(message.ephemeral_message_id || message.is_ephemeral);
  const shownName = place.group && !mine && !compact;
  const only = emojiOnly(message);
  const body = h("div", { class: `bubble${only ? " big" : ""}` },
    ephemeral && h("p", { class: "only" }, h("span", { "aria-hidden": "true" }, "👁"), " Only you see this"),
    shownName && h("b", { class: "from", vars: { "--hue": hue(from.id) } }, nameOf(from), from.is_bot && h("span", { class: "badge" }, "bot")),
    message.forward_origin && h("p", { class: "dim" }, "Forwarded from ", nameOf(message.forward_origin.sender_user || message.forward_origin.sender_chat || { first_name: message.forward_origin.sender_user_name })),
    message.via_bot && h("p", { class: "dim" }, `via @${message.via_bot.username}`),
    quoteOf(message, place), media(message, place),
    textOf(message) ? h("div", { class: "said", dir: "auto" }, entityNodes(textOf(message), message.entities || message.caption_entities), stamp(message, mine)) : stamp(message, mine));
  body.addEventListener("click", (event) => {
    const command = event.target.closest(".command")?.dataset.command;
    if (command) place.say(command);
  });
  return h("article", { class: `tg${mine ? " mine" : ""}${compact ? " compact" : ""}${ephemeral ? " ephemeral" : ""}`, "aria-label": `${nameOf(from)}, ${hour(message.date)}`, data: { id: message.message_id } },
    place.group && !mine && (compact ? h("span", { class: "gap" }) : avatar(nameOf(from), { round: true })),
    h("div", { class: "piece" }, h("div", { class: "line" }, body, tools(message, place, mine, ephemeral)), keyboard(message, place), reactions(message, place)));
}

const hue = (id) => (Math.abs(Number(id)) * 47) % 360;

function emojiOnly(message) {
  const text = message.text?.trim();
  return Boolean(text) && text.length <= 12 && !message.entities?.length && !message.reply_to_message && /^(\p{Extended_Pictographic}|\p{Emoji_Modifier}|\uFE0F|\u200D|\s)+$/u.test(text);
}

function stamp(message, mine) {
  return h("span", { class: "stamp" }, message.edit_date && "edited ", hour(message.date), mine && h("i", { "aria-label": "sent" }, " ✓"));
}

function quoteOf(message, place) {
  const to = message.reply_to_message;
  if (!to || to.forum_topic_created) return null;
  const shown = message.quote?.text || gist(to);
  return h("button", { type: "button", class: "quoted", vars: { "--hue": hue(senderOf(to).id) }, onclick: () => place.find(to.message_id) }, h("b", {}, nameOf(senderOf(to))), h("span", {}, shown.slice(0, 140)));
}

const fileAt = (part) => part.url || part.page_url || (part.file_id ? `/control/telegram/files/${encodeURIComponent(part.file_id)}` : null);

const FILES = ["photo", "document", "video", "audio", "voice", "animation"];
const isFile = (message) => FILES.some((kind) => message[kind]);
const NAMES = { video: "Video", voice: "Voice message", animation: "GIF", audio: "Audio", video_note: "Video message" };

function media(message) {
  if (message.photo?.length) return picture(message.photo.at(-1), "Photo");
  if (message.sticker) return sticker(message.sticker);
  for (const kind of ["animation", "document", "video", "audio", "voice", "video_note"]) {
    const part = message[kind];
    if (!part) continue;
    if (kind === "document" && /^image\//.test(part.mime_type || "")) return picture(part, part.file_name);
    return kind === "document" ? link(part, kind) : player(part, kind);
  }
  if (message.location) return h("p", { class: "doc" }, `📍 ${message.location.latitude}, ${message.location.longitude}`);
  if (message.contact) return h("p", { class: "doc" }, `👤 ${nameOf(message.contact)} ${message.contact.phone_number || ""}`);
  if (message.poll) return h("p", { class: "doc" }, `📊 ${message.poll.question}`);
  return null;
}

const nameIn = (part, kind) => part.file_name || part.title || NAMES[kind] || "File";

// A file to save, with its name, length and size.
function link(part, kind) {
  const about = [part.duration !== undefined && `${Math.floor(part.duration / 60)}:${String(part.duration % 60).padStart(2, "0")}`, size(part.file_size)].filter(Boolean).join(" · ");
  return h("a", { class: "doc", href: fileAt(part), download: nameIn(part, kind), target: "_blank", rel: "noopener" }, h("span", { class: "doc-icon", "aria-hidden": "true" }, { voice: "▶", audio: "♪", video: "▶", animation: "▶", video_note: "▶" }[kind] || "↓"), h("span", {}, h("b", {}, nameIn(part, kind)), h("small", {}, about)));
}

// Something to play; what has no bytes, or none a browser plays, is a file to save.
function player(part, kind) {
  const sound = kind === "audio" || kind === "voice";
  const node = h(sound ? "audio" : "video", { src: fileAt(part), controls: true, preload: "metadata", "aria-label": nameIn(part, kind), loop: kind === "animation", class: kind });
  const frame = h("figure", { class: `player ${kind}` }, node, sound && h("figcaption", {}, nameIn(part, kind)));
  node.addEventListener("error", () => frame.replaceChildren(link(part, kind)));
  return frame;
}

function sticker(part) {
  const frame = h("div", { class: "sticker" }, part.emoji || "🧩");
  const image = h("img", { src: fileAt(part), alt: `Sticker ${part.emoji || ""}` });
  image.addEventListener("load", () => frame.replaceChildren(image));
  return frame;
}

function picture(part, name) {
  const frame = h("a", { class: "photo", href: fileAt(part), target: "_blank", rel: "noopener", "aria-label": name });
  const image = h("img", { src: fileAt(part), alt: name, loading: "lazy" });
  image.addEventListener("error", () => frame.replaceChildren(h("span", {}, "🖼"), h("small", {}, [name, size(part.file_size)].filter(Boolean).join(" · "))));
  frame.append(image);
  return frame;
}

function keyboard(message, place) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return h("div", { class: "keys" }, rows.map((row) => h("div", { class: "keys-row" }, row.map((key) => keyNode(key, message, place)))));
}

function keyNode(key, message, place) {
  const style = key.style ? ` ${key.style}` : "";
  if (key.url) return h("a", { class: `key${style}`, href: /^(https?|tg):/i.test(key.url) ? key.url : null, target: "_blank", rel: "noreferrer noopener" }, key.text, h("i", { "aria-hidden": "true" }, "↗"));
  const node = h("button", { type: "button", class: `key${style}`, disabled: key.disabled, onclick: press }, key.text);
  async function press() {
    if (key.copy_text) { navigator.clipboard?.writeText(key.copy_text.text); return toast(place.box, "Copied"); }
    const inline = key.switch_inline_query_current_chat ?? key.switch_inline_query;
    if (inline !== undefined) return place.prefill(`@${state.telegram.bots.find((bot) => bot.id === message.from?.id)?.username || "bot"} ${inline}`);
    node.classList.add("busy");
    try {
      const id = message.ephemeral_message_id ? { ephemeral_message_id: message.ephemeral_message_id } : { message_id: message.message_id };
      const result = await act("telegram", "press", { user: place.user, chat: place.chat, ...id, ...(key.callback_data !== undefined ? { data: key.callback_data } : { label: key.text }) });
      if (result?.answered === false) toast(place.box, "⚠ The bot did not answer");
      if (result?.url) visit(result.url);
    } catch (wrong) {
      toast(place.box, `⚠ ${wrong.message}`);
    }
    node.classList.remove("busy");
  }
  return node;
}

export function reactionsOf(message) {
  const counted = new Map();
  for (const one of message.reactions || []) {
    const by = [one.by ?? one.user ?? []].flat();
    counted.set(one.emoji, [...(counted.get(one.emoji) || []), ...by.map((person) => person?.id ?? person)]);
  }
  return counted;
}

function reactions(message, place) {
  const counted = reactionsOf(message);
  if (!counted.size) return null;
  return h("div", { class: "reactions" }, [...counted].map(([emoji, by]) => {
    const mine = by.includes(place.user);
    const names = by.map((id) => nameOf([...state.telegram.users, ...state.telegram.bots].find((one) => one.id === id) || { first_name: String(id) })).join(", ");
    return h("button", { type: "button", class: `reaction${mine ? " mine" : ""}`, title: names, "aria-pressed": String(mine), "aria-label": `${emoji}, ${names}`, onclick: () => react(message, place, mine ? null : emoji) }, emoji, h("span", {}, by.length || 1));
  }));
}

const react = (message, place, emoji) => attempt(place.box, () => act("telegram", "react", { user: place.user, chat: place.chat, message_id: message.message_id, emoji }));

function tools(message, place, mine, ephemeral) {
  if (ephemeral) return null;
  const face = iconButton("smile", "React", () => pickEmoji(face, (name, sign) => react(message, place, sign), { only: TELEGRAM }));
  const more = iconButton("more", "Message menu", () => menu(more, [
    { label: "Reply", sign: "reply", press: () => place.reply(message) },
    { label: "Copy text", sign: "copy", press: () => navigator.clipboard?.writeText(textOf(message)) },
    mine && (textOf(message) || isFile(message)) && { label: "Edit", sign: "edit", press: () => place.edit(message) },
    (mine || !place.group || place.admin) && { label: "Delete", sign: "trash", bad: true, press: () => attempt(place.box, () => act("telegram", "delete", { user: place.user, chat: place.chat, message_id: message.message_id })) },
  ], "Message menu"));
  return h("div", { class: "tools-row", role: "toolbar", "aria-label": "Message actions" }, face, iconButton("reply", "Reply", () => place.reply(message)), more);
}
