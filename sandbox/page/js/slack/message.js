// One Slack message: who, when, blocks, files, reactions, replies, and what one can do with it.

import { act, state } from "../state.js";
import { attempt, menu, toast } from "../overlay.js";
import { avatar, h, hour, iconButton, size } from "../dom.js";
import { blocks } from "./blocks.js";
import { emojiOf, orName, pickEmoji } from "../emoji.js";
import { mrkdwn, nameOf, plainOf, userName } from "./text.js";

export const seconds = (message) => Number(String(message.ts).split(".")[0]);
export const isReply = (message) => Boolean(message.thread_ts && message.thread_ts !== message.ts);

export function author(message) {
  const app = state.slack.apps.find((one) => one.bot_id && one.bot_id === message.bot_id) || null;
  const user = state.slack.users.find((one) => one.id === message.user);
  const icon = message.icon_emoji || message.icons?.emoji;
  return {
    name: message.username || message.bot_profile?.name || (app && message.bot_id ? app.name : user ? nameOf(user) : userName(message.user || "?")),
    emoji: icon ? emojiOf(icon) || icon : null,
    image: message.icon_url || message.icons?.image_48 || (app && !message.username && !icon ? "/page/icon.svg" : null),
    bot: Boolean(message.bot_id || message.subtype === "bot_message"),
  };
}

export const summary = (message) => {
  const text = plainOf(message.text || "").replace(/\s+/g, " ");
  return text.length > 90 ? `${text.slice(0, 90)}…` : text;
};

// place: {user, room, box, inThread, hidden (set of dismissed), open(ts)}
export function messageNode(message, place, { compact, replies } = {}) {
  if (message.subtype === "tombstone") return h("article", { class: "msg system" }, h("span", { class: "avatar emoji" }, "🗑"), h("div", { class: "body" }, h("p", { class: "dim" }, "This message was deleted."), replies && repliesButton(message, replies, place)));
  if (/^(channel|group)_(join|leave|topic|purpose|name|archive|unarchive)$/.test(message.subtype || "")) return h("article", { class: "msg quiet" }, h("div", { class: "body" }, mrkdwn(message.text)));
  const who = author(message);
  const surface = {
    live: () => true,
    box: place.box,
    press: (element, value) => act("slack", "press", { user: place.user, room: place.room, ts: message.ts, action_id: element.action_id, block_id: element.block_id, ...(value === undefined ? {} : { value }) }),
    options: (element, query) => act("slack", "options", { user: place.user, room: place.room, ts: message.ts, action_id: element.action_id, block_id: element.block_id, query }),
  };
  const ephemeral = Boolean(message.is_ephemeral);
  const drawn = (message.blocks || []).filter((block) => block.type);
  const edited = message.edited && h("span", { class: "edited" }, "(edited)");
  const node = h("article", { class: `msg${compact ? " compact" : ""}${ephemeral ? " ephemeral" : ""}`, "aria-label": `${who.name}, ${hour(seconds(message))}`, data: { ts: message.ts } },
    compact ? h("time", { class: "side-time", "aria-hidden": "true" }, hour(seconds(message))) : avatar(who.name, who),
    h("div", { class: "body" },
      ephemeral && h("p", { class: "only" }, h("span", { "aria-hidden": "true" }, "👁"), " Only visible to you", h("button", { type: "button", onclick: () => place.dismiss(message) }, "Dismiss")),
      !compact && h("header", {}, h("b", {}, who.name), who.bot && h("span", { class: "badge" }, "APP"), h("time", { datetime: new Date(seconds(message) * 1000).toISOString() }, hour(seconds(message))), drawn.length > 1 && edited),
      message.subtype === "thread_broadcast" && h("p", { class: "dim" }, "replied to a thread"),
      drawn.length ? h("div", { class: "blocks" }, blocks(drawn, surface)) : message.text ? h("div", { class: "text" }, mrkdwn(message.text)) : null,
      (compact || drawn.length <= 1) && edited,
      (message.attachments || []).map((part) => attachment(part, surface)),
      (message.files || []).length ? h("div", { class: "files" }, message.files.map(fileNode)) : null,
      reactions(message, place),
      replies && repliesButton(message, replies, place)),
    !ephemeral && tools(message, place, who));
  return node;
}

function attachment(part, surface) {
  return h("div", { class: "attached", vars: part.color ? { "--bar": /^[0-9a-f]{3,8}$/i.test(part.color) ? `#${part.color}` : part.color } : {} },
    part.pretext && h("p", {}, mrkdwn(part.pretext)), part.title && h("b", {}, plainOf(part.title)), part.text && h("div", {}, mrkdwn(part.text)), part.blocks && blocks(part.blocks, surface));
}

export function fileNode(file) {
  if (file.mode === "tombstone") return h("span", { class: "file dim" }, "🗑 This file was deleted.");
  const at = file.id ? `/control/slack/files/${encodeURIComponent(file.id)}` : null;
  const picture = /^image\//.test(file.mimetype || "") && at;
  return h("a", { class: `file${picture ? " picture" : ""}`, href: at, download: file.name, target: "_blank", rel: "noopener" }, picture ? h("img", { src: at, alt: file.name, loading: "lazy" }) : h("span", { class: "file-icon", "aria-hidden": "true" }, sign(file.mimetype)), h("span", {}, h("b", {}, file.title || file.name), h("small", {}, [file.filetype?.toUpperCase(), size(file.size)].filter(Boolean).join(" · "))));
}

const sign = (type = "") => (/^image/.test(type) ? "🖼" : /^audio/.test(type) ? "🎵" : /^video/.test(type) ? "🎬" : "📄");

function reactions(message, place) {
  if (!message.reactions?.length) return null;
  const add = iconButton("smile", "Add reaction", () => pickEmoji(add, (name) => react(message, place, name)));
  return h("div", { class: "reactions" }, message.reactions.map((one) => {
    const users = one.users || [];
    const mine = users.includes(place.user);
    const names = users.map(userName).join(", ");
    return h("button", { type: "button", class: `reaction${mine ? " mine" : ""}`, "aria-pressed": String(mine), title: `${names} — :${one.name}:`, "aria-label": `${one.name}, ${one.count ?? users.length}, ${names}`, onclick: () => react(message, place, one.name, mine) }, orName(one.name), h("span", {}, one.count ?? users.length));
  }), add);
}

const react = (message, place, name, back) => attempt(place.box, () => act("slack", back ? "unreact" : "react", { user: place.user, room: place.room, ts: message.ts, name }));

function repliesButton(message, replies, place) {
  if (!replies.count) return null;
  return h("button", { type: "button", class: "replies", onclick: () => place.open(message.ts) },
    replies.people.slice(0, 3).map((one) => avatar(one.name, { ...one, small: true })),
    h("b", {}, `${replies.count} ${replies.count === 1 ? "reply" : "replies"}`), h("span", {}, `last at ${hour(replies.last)}`), replies.fresh && h("i", { class: "dot", "aria-label": "new" }));
}

function tools(message, place, who) {
  const face = iconButton("smile", "React", () => pickEmoji(face, (name) => react(message, place, name)), { "aria-haspopup": "dialog" });
  const more = iconButton("more", "More actions", () => menu(more, actions(message, place, who), "Message actions"), { "aria-haspopup": "menu" });
  return h("div", { class: "tools-row", role: "toolbar", "aria-label": "Message actions" }, face, !place.inThread && iconButton("thread", "Reply in thread", () => place.open(message.thread_ts || message.ts)), more);
}

async function use(shortcut, message, place) {
  const result = await attempt(place.box, () => act("slack", "shortcut", { user: place.user, callback_id: shortcut.callback_id, room: place.room, ts: message.ts }));
  if (result?.ok === false) toast(place.box, `⚠ ${shortcut.name}: ${result.error}`);
}

function actions(message, place, who) {
  const mine = message.user === place.user && !who.bot;
  const shortcuts = (state.scene.slack?.shortcuts || []).filter((shortcut) => shortcut.type === "message");
  const ask = (method, words) => attempt(place.box, () => act("slack", method, { user: place.user, room: place.room, ts: message.ts, ...words }));
  return [
    ...shortcuts.map((shortcut) => ({ label: shortcut.name, about: state.slack.apps[0]?.name, sign: "bolt", press: () => use(shortcut, message, place) })),
    shortcuts.length ? "-" : null,
    { label: "Copy text", sign: "copy", press: () => navigator.clipboard?.writeText(plainOf(message.text)) },
    mine && { label: "Edit", sign: "edit", press: () => place.edit(message) },
    mine && { label: "Delete", sign: "trash", bad: true, press: () => ask("delete") },
  ];
}
