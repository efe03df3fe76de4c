// The Telegram side of the operators: forums, their topics, and the private chat with the desk bot.

import { act, state } from "../state.js";
import { attempt, closePopover, menu, popover, toast } from "../overlay.js";
import { avatar, h, hour, iconButton, keep } from "../dom.js";
import { chatPane, toasts } from "./chat.js";
import { gist, nameOf } from "./bubble.js";
import { addressOf, commandsFor, ephemeralsOf, isMember, privateOf } from "./places.js";

export function forumColumn(box, alert) {
  const seen = new Map();
  const ui = { user: Number(localStorage.getItem("telegram-user")) || 0, chat: null, thread: null, pane: innerWidth > 600 ? "topic" : "list" };
  const who = h("select", { id: "telegram-who", onchange: () => go({ user: Number(who.value) }) });
  const lists = h("div", { class: "forums" });
  const title = h("h3", {});
  const about = h("small", {});
  const tools = iconButton("more", "Topic menu", () => topicMenu(), { "aria-haspopup": "menu" });
  const pane = chatPane(where, box, { none: "Messages of this topic will appear here.", placeholder: "Message" });
  const start = h("button", { type: "button", class: "start", hidden: true, onclick: () => attempt(box, () => act("telegram", "start", { user: ui.user, bot: ui.chat })) }, "Start");
  const showToasts = toasts(box);
  const nothing = h("div", { class: "empty" }, h("b", {}, "🗂️"), h("strong", {}, "No forum yet"), h("span", {}, "Set up a scene: python -m sandbox --scene, or python -m bot demo."));
  const space = h("div", { class: "space" },
    h("nav", { class: "sidebar scroll", "aria-label": "Forums and topics" }, lists),
    h("section", { class: "topic stack" }, h("header", { class: "bar" }, iconButton("back", "Back to topics", () => go({ pane: "list" }), { class: "back" }), h("div", {}, title, about), tools), pane.root, start));
  box.append(h("header", { class: "head" }, h("i", { class: "mark telegram" }), h("h2", {}, "Telegram"), h("div", { class: "who" }, h("label", { for: "telegram-who" }, "You are"), who)), space, nothing);

  function go(change) {
    Object.assign(ui, change);
    if (change.user) ui.thread = change.thread ?? (forums().some((one) => addressOf(one) === ui.chat) ? ui.thread : null);
    if (change.user) localStorage.setItem("telegram-user", ui.user);
    draw();
    if (change.chat && matchMedia("(hover: hover)").matches) pane.writing.area.focus({ preventScroll: true });
  }

  const operators = () => {
    const named = state.scene.telegram?.operators?.map((one) => one.id ?? one);
    const clients = new Set((state.scene.telegram?.clients || []).map((one) => one.id ?? one));
    return state.telegram.users.filter((one) => (named ? named.includes(one.id) : !clients.has(one.id)));
  };
  const forums = () => state.telegram.chats.filter((one) => one.type !== "private" && isMember(one, ui.user));
  const chatNow = () => [...forums(), ...privates()].find((one) => addressOf(one) === ui.chat);
  const privates = () => deskBots().map((bot) => privateOf(ui.user, bot));
  function deskBots() {
    const named = state.scene.telegram?.desk_bot;
    return state.telegram.bots.filter((one) => (named ? one.id === named : true));
  }
  const messagesOf = (chat, thread) => (chat.is_forum || chat.topics?.length ? chat.messages.filter((one) => (thread ? one.message_thread_id === thread || one.message_id === thread : !one.is_topic_message && !(one.message_thread_id && one.message_thread_id !== 1))) : chat.messages);

  function where() {
    const chat = chatNow();
    if (!chat) return null;
    const topic = chat.topics?.find((one) => topicId(one) === ui.thread);
    const bot = deskBots()[0];
    const messages = messagesOf(chat, ui.thread);
    return {
      user: ui.user, chat: ui.chat, thread: ui.thread, group: chat.type !== "private", admin: adminOf(chat),
      keyboard: messages.some((one) => one.message_id === chat.keyboard?.message_id) ? chat.keyboard : null, none: noneOf(chat),
      messages, ephemerals: ephemeralsOf(ui.user, chat, ui.thread),
      name: topic?.name || nameOf(chat.type === "private" ? chat.bot : chat), closed: Boolean(topic?.closed), commands: commandsFor(bot, chat, ui.user), botName: bot?.username,
    };
  }
  function noneOf(chat) {
    if (chat.type === "private") return chat.started ? "Nothing said yet." : "Press Start, so that the bot may write to you.";
    return ui.thread ? "Messages of this topic will appear here." : "This is General, for the team. Each client gets a topic of their own, below the forum’s name.";
  }
  const adminOf = (chat) => (chat.members || []).some((one) => (one.user?.id ?? one.id ?? one) === ui.user && ["creator", "administrator"].includes(one.status));

  function draw() {
    const users = operators();
    nothing.hidden = users.length > 0;
    space.hidden = !users.length;
    if (!users.length) return;
    if (!users.some((one) => one.id === ui.user)) ui.user = users[0].id;
    const sign = JSON.stringify(users.map((one) => [one.id, nameOf(one)]));
    if (who.sign !== sign) {
      who.sign = sign;
      who.replaceChildren(...users.map((one) => h("option", { value: String(one.id) }, nameOf(one))));
    }
    who.value = String(ui.user);
    const places = [...forums(), ...privates()];
    if (!places.some((one) => addressOf(one) === ui.chat)) Object.assign(ui, { chat: places[0] ? addressOf(places[0]) : null, thread: null });
    const chat = chatNow();
    if (!ui.chosen && !ui.thread && innerWidth > 1000 && chat?.type !== "private") ui.thread = topicsOf(chat)[0]?.thread ?? null;
    if (ui.thread && chat && !chat.topics?.some((one) => topicId(one) === ui.thread)) ui.thread = null;
    space.dataset.pane = ui.pane;
    note(places);
    drawLists(places);
    const at = where();
    title.textContent = at ? at.name || "General" : "";
    about.textContent = chat ? (chat.type === "private" ? "bot" : ui.thread ? `${nameOf(chat)}${at.closed ? " · closed" : ""}` : "General") : "";
    if (chat && chat.type !== "private" && !ui.thread) title.textContent = nameOf(chat);
    tools.hidden = !chat || chat.type === "private";
    start.hidden = !(chat?.type === "private" && !chat.started && !chat.messages.length);
    pane.root.classList.toggle("unstarted", !start.hidden);
    pane.draw();
    showToasts(ui.user);
  }

  const key = (chat, thread) => `${ui.user}/${addressOf(chat)}/${thread ?? ""}`;
  const lastId = (messages) => messages.at(-1)?.message_id || 0;

  function note(places) {
    for (const chat of places) for (const thread of [null, ...(chat.topics || []).map(topicId)]) {
      const spot = key(chat, thread);
      const last = lastId(messagesOf(chat, thread));
      if (ui.chat === addressOf(chat) && ui.thread === thread && box.offsetParent) seen.set(spot, last);
      else if (!seen.has(spot)) seen.set(spot, ready ? 0 : last);
    }
  }
  let ready = false;
  setTimeout(() => { ready = true; }, 1500);

  function drawLists(places) {
    keep(lists, places.map((chat) => ({ key: addressOf(chat), sign: JSON.stringify([chat.type, nameOf(chat.type === "private" ? chat.bot : chat), chat.is_forum]), chat })), ({ chat }) => h("div", { class: "forum" }));
    for (const chat of places) {
      const host = lists.kept.get(addressOf(chat)).node;
      keep(host, [...heading(chat), ...topicsOf(chat)], build);
    }
  }

  function heading(chat) {
    const name = nameOf(chat.type === "private" ? chat.bot : chat);
    const on = ui.chat === addressOf(chat) && !ui.thread;
    const fresh = freshIn(chat, null);
    const last = messagesOf(chat, null).at(-1);
    return [{ key: "head", sign: JSON.stringify([name, on, fresh, last?.message_id, last?.edit_date]), name, chat, thread: null, on, fresh, last, head: true }];
  }

  function topicsOf(chat) {
    const rows = (chat.topics || []).filter((one) => topicId(one) !== 1).map((topic) => {
      const thread = topicId(topic);
      const last = messagesOf(chat, thread).at(-1);
      const on = ui.chat === addressOf(chat) && ui.thread === thread;
      const fresh = freshIn(chat, thread);
      return { key: thread, chat, topic, thread, last, on, fresh, sign: JSON.stringify([topic, on, fresh, last?.message_id, last?.edit_date]) };
    });
    return rows.sort((a, b) => (a.topic.closed ? 1 : 0) - (b.topic.closed ? 1 : 0) || (b.last?.message_id || b.thread) - (a.last?.message_id || a.thread));
  }

  function freshIn(chat, thread) {
    const last = messagesOf(chat, thread).at(-1);
    const fresh = Boolean(last) && last.from?.id !== ui.user && last.message_id > (seen.get(key(chat, thread)) ?? Infinity);
    if (fresh) alert();
    return fresh;
  }

  function build(row) {
    const open = () => go({ chat: addressOf(row.chat), thread: row.thread, pane: "topic", chosen: true });
    if (row.head) return h("button", { type: "button", class: "side forum-head", "aria-current": String(row.on), onclick: open }, avatar(row.name, { round: true, small: true, emoji: row.chat.type === "private" ? "🤖" : undefined }), h("span", {}, row.name), row.fresh && h("i", { class: "dot", "aria-label": "unread" }));
    return h("button", { type: "button", class: `side topic-row${row.topic.closed ? " closed" : ""}${row.fresh ? " fresh" : ""}`, "aria-current": String(row.on), onclick: open },
      h("span", { class: "swatch", vars: { "--topic": colour(row.topic.color) }, "aria-hidden": "true" }, row.topic.closed ? "🔒" : ""), h("span", { class: "two" }, h("b", {}, row.topic.name), h("span", {}, h("small", {}, row.last ? gist(row.last).slice(0, 60) : ""), row.last && h("time", {}, hour(row.last.date)))),
      row.fresh && h("i", { class: "dot", "aria-label": "unread" }));
  }

  function topicMenu() {
    const chat = chatNow();
    const topic = chat?.topics?.find((one) => topicId(one) === ui.thread);
    const ask = (method) => () => attempt(box, () => act("telegram", method, { user: ui.user, chat: ui.chat, thread: ui.thread }));
    menu(tools, [
      chat?.is_forum && { label: "New topic…", sign: "plus", press: () => newTopic() },
      topic && !topic.closed && { label: "Close topic", sign: "lock", press: ask("close_topic") },
      topic?.closed && { label: "Reopen topic", sign: "unlock", press: ask("reopen_topic") },
      topic && { label: "Delete topic", sign: "trash", bad: true, press: ask("delete_topic") },
    ], "Topic menu");
  }

  function newTopic() {
    const name = h("input", { class: "field", placeholder: "Topic name", "aria-label": "Topic name", maxlength: 128, autofocus: true });
    const form = h("form", { class: "confirm", onsubmit: async (event) => {
      event.preventDefault();
      closePopover();
      const made = await attempt(box, () => act("telegram", "create_topic", { user: ui.user, chat: ui.chat, name: name.value }));
      if (made) toast(box, `Topic “${name.value}” is there`);
    } }, name, h("div", { class: "row" }, h("button", { class: "btn primary" }, "Create")));
    popover(tools, form, { label: "New topic" });
  }
  // A link to a topic, or to a message in it. False when this person does not see the forum.
  function visit(id, numbers) {
    const chat = forums().find((one) => one.id === id);
    if (!chat) return false;
    const message = chat.messages.find((one) => one.message_id === numbers.at(-1));
    const thread = chat.topics.some((one) => topicId(one) === numbers[0]) ? numbers[0] : message?.message_thread_id ?? null;
    go({ chat: id, thread: thread === 1 ? null : thread, pane: "topic", chosen: true });
    if (message) pane.find(message.message_id);
    return true;
  }

  // A link to a bot: the private chat with it; with a payload it is started, as Telegram does.
  function meet(username, payload) {
    const bot = deskBots().find((one) => one.username?.toLowerCase() === username.toLowerCase());
    if (!bot) return false;
    go({ chat: bot.id, thread: null, pane: "topic", chosen: true });
    if (payload) attempt(box, () => act("telegram", "start", { user: ui.user, bot: bot.id, payload }));
    return true;
  }
  return { draw, go, ui, visit, meet };
}

const topicId = (topic) => topic.message_thread_id ?? topic.id ?? topic.thread;
const colour = (number) => (number ? `#${Number(number).toString(16).padStart(6, "0")}` : "#6fb9f0");
