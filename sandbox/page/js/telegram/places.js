// Where a person's words go: how chats of the snapshot are named to the control API.

import { state } from "../state.js";

// A group is named by its id, a private chat by the id of the bot in it.
export const addressOf = (chat) => (chat.type === "private" ? chat.bot.id : chat.id);

export const isMember = (chat, user) => !chat.members || (Array.isArray(chat.members) ? chat.members : Object.values(chat.members)).some((one) => (one.user?.id ?? one.id ?? one) === user && !["left", "kicked"].includes(one.status));

const botId = (chat) => chat.bot?.id ?? chat.bot;
const userId = (chat) => chat.user?.id ?? chat.user ?? chat.id;

// The private chat of a person with a bot; an empty one if they have not met.
export function privateOf(user, bot) {
  const found = state.telegram.chats.find((one) => one.type === "private" && userId(one) === user && botId(one) === bot.id);
  return { topics: [], messages: [], started: false, ...found, type: "private", user, bot };
}

export function ephemeralsOf(user, chat, thread) {
  const mine = state.telegram.ephemerals?.[user] || [];
  const messages = Array.isArray(mine) ? mine : Object.values(mine);
  return messages.map((one) => one.message || one).filter((one) => one.chat?.id === chat.id && (!chat.is_forum || (one.message_thread_id || null) === (thread || null) || !one.message_thread_id));
}

// The commands Telegram would offer here: the narrowest scope that has any.
export function commandsFor(bot, chat, user) {
  const lists = state.telegram.commands?.[bot?.id] || {};
  const group = chat.type !== "private";
  const scopes = group
    ? [`chat_member:${chat.id}:${user}`, `chat_administrators:${chat.id}`, `chat:${chat.id}`, "all_chat_administrators", "all_group_chats", "default"]
    : [`chat:${user}`, "all_private_chats", "default"];
  return scopes.map((scope) => lists[scope]).find((list) => list?.length) || [];
}
