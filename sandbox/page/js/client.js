// The client's side: the shop's bot and its WhatsApp number on a phone, and the shop's website with the widget.

import { act, state } from "./state.js";
import { attempt } from "./overlay.js";
import { avatar, h, iconButton, keep } from "./dom.js";
import { chatPane, toasts } from "./telegram/chat.js";
import { nameOf } from "./telegram/bubble.js";
import { commandsFor, privateOf } from "./telegram/places.js";
import { whatsappPane } from "./whatsapp.js";

export function clientColumn(box, alert) {
  const ui = { tab: "" };
  const seen = new Map();
  const tabs = h("div", { class: "persons", role: "tablist", "aria-label": "Clients" });
  const name = h("b", {});
  const under = h("small", {});
  const face = h("span", {});
  const start = h("button", { type: "button", class: "start", hidden: true, onclick: () => attempt(box, () => act("telegram", "start", { user: ui.tab, bot: bot().id })) }, "Start");
  const pane = chatPane(where, box, { accent: "var(--client)", hello: "👋", none: "Write something as the client: it becomes a conversation on both desks." });
  const more = iconButton("more", "Chat menu", () => block(), { title: "Block or unblock the bot" });
  const phone = h("section", { class: "phone stack", role: "tabpanel", id: "client-chat" }, h("header", { class: "phone-head" }, face, h("div", {}, name, under), more), pane.root, start);
  const frame = h("iframe", { title: "The shop's website with the widget", "aria-label": "The shop's website" });
  const site = h("section", { class: "site stack", role: "tabpanel", id: "client-site" },
    h("header", { class: "address" }, iconButton("reload", "Reload the website", () => load(true)), h("span", {}, "northwind.example")), frame);
  const chat = whatsappPane(box);
  const waName = h("b", {});
  const waUnder = h("small", {});
  const whatsapp = h("section", { class: "phone stack", role: "tabpanel", id: "client-whatsapp" }, h("header", { class: "phone-head" }, avatar("Northwind", { round: true, emoji: "🟩" }), h("div", {}, waName, waUnder)), chat.root);
  const showToasts = toasts(box);
  box.append(h("header", { class: "head" }, h("i", { class: "mark client" }), h("h2", {}, "Client"), tabs), h("div", { class: "client-body" }, phone, whatsapp, site));

  const clients = () => {
    const named = state.scene.telegram?.clients?.map((one) => one.id ?? one);
    return state.telegram.users.filter((one) => !named || named.includes(one.id));
  };
  const bot = () => state.telegram.bots.find((one) => one.id === state.scene.telegram?.channel_bot) || state.telegram.bots.at(-1);

  function where() {
    const user = state.telegram.users.find((one) => one.id === ui.tab);
    if (!user || !bot()) return null;
    const chat = privateOf(user.id, bot());
    return { user: user.id, chat: bot().id, messages: chat.messages, group: false, name: `Chat with ${nameOf(bot())}`, keyboard: chat.keyboard, commands: commandsFor(bot(), chat, user.id) };
  }

  function go(tab) {
    ui.tab = tab;
    draw();
    if (tab !== "site" && matchMedia("(hover: hover)").matches) (waOf(tab) ? chat.focus() : pane.writing.area.focus({ preventScroll: true }));
  }

  function draw() {
    const people = clients();
    if (ui.tab !== "site" && !waOf(ui.tab) && people.length && !people.some((one) => one.id === ui.tab)) ui.tab = people[0].id;
    const reached = listening() ? state.whatsapp.people.map((one) => ({ id: `wa:${one.id}`, label: one.name.split(" ")[0], sign: "🟩" })) : [];
    const rows = [...people.map((one) => ({ id: one.id, label: one.first_name || nameOf(one) })), ...reached, { id: "site", label: "Website", sign: "🌐" }];
    keep(tabs, rows.map((one) => ({ ...one, sign_: one.sign, key: one.id, on: ui.tab === one.id, fresh: isFresh(one.id) })).map((one) => ({ ...one, sign: JSON.stringify([one.label, one.on, one.fresh]) })), (one) => h("button", { type: "button", role: "tab", "aria-selected": String(one.on), "aria-controls": one.id === "site" ? "client-site" : waOf(one.id) ? "client-whatsapp" : "client-chat", tabindex: one.on ? 0 : -1, onclick: () => go(one.id), onkeydown: (event) => arrow(event, rows, one.id) }, one.sign_ ? h("span", { "aria-hidden": "true" }, one.sign_) : null, one.label, one.fresh && h("i", { class: "dot", "aria-label": "unread" })));
    const wa = waOf(ui.tab);
    phone.hidden = ui.tab === "site" || Boolean(wa);
    whatsapp.hidden = !wa;
    site.hidden = ui.tab !== "site";
    if (ui.tab === "site") return load();
    if (wa) {
      waName.textContent = "Northwind Shop";
      waUnder.textContent = wa.typing ? "types…" : state.whatsapp.numbers[0]?.display || "";
      seen.set(ui.tab, box.offsetParent ? last(ui.tab) : seen.get(ui.tab) ?? 0);
      return chat.draw(wa.id);
    }
    const at = where();
    phone.classList.toggle("waiting", !at);
    if (!at) return;
    const talk = privateOf(ui.tab, bot());
    name.textContent = nameOf(bot());
    under.textContent = talk.blocked ? "blocked" : "bot";
    face.replaceChildren(avatar(nameOf(bot()), { round: true, emoji: "🛍️" }));
    start.hidden = Boolean(talk.started || talk.messages.length);
    pane.root.classList.toggle("unstarted", !start.hidden);
    seen.set(ui.tab, box.offsetParent ? last(ui.tab) : seen.get(ui.tab) ?? 0);
    pane.draw();
    showToasts(ui.tab);
  }

  const listening = () => state.whatsapp.numbers.some((one) => one.listening);
  const waOf = (tab) => state.whatsapp.people.find((one) => `wa:${one.id}` === tab);
  const last = (user) => (waOf(user) ? waOf(user).messages.length : bot() ? privateOf(user, bot()).messages.at(-1)?.message_id || 0 : 0);
  function isFresh(user) {
    if (user === "site" || user === ui.tab && box.offsetParent) return false;
    if (!seen.has(user)) seen.set(user, last(user));
    const fresh = last(user) > seen.get(user);
    if (fresh) alert();
    return fresh;
  }

  function arrow(event, rows, id) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = rows[(rows.findIndex((one) => one.id === id) + step + rows.length) % rows.length];
    go(next.id);
    tabs.kept.get(next.id)?.node.focus();
  }

  function block() {
    const chat = privateOf(ui.tab, bot());
    attempt(box, () => act("telegram", chat.blocked ? "unblock" : "block", { user: ui.tab, bot: bot().id }));
  }

  function load(again) {
    const src = JSON.stringify(state.scene.widget || null);
    if (!again && frame.dataset.for === src) return;
    frame.dataset.for = src;
    frame.src = "/client-site";
  }
  return { draw, go };
}
