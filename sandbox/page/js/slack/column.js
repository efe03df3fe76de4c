// The Slack workspace: who you are, rooms and Home, a room, a thread, modals.

import { act, refreshed, state } from "../state.js";
import { attempt, menu } from "../overlay.js";
import { avatar, h, keep, PATHS, svg } from "../dom.js";
import { homePane } from "./home.js";
import { modalPane } from "./modal.js";
import { nameOf } from "./text.js";
import { threadPane, timeline, titleOf } from "./room.js";

export function slackColumn(box, alert) {
  const seen = new Map();
  const ui = {
    user: localStorage.getItem("slack-user") || "", room: "", thread: null, tab: "room", pane: innerWidth > 600 ? "room" : "list", dismissed: new Set(),
    fresh: (place, last, by) => Boolean(last) && by !== ui.user && Number(last.ts) > (seen.get(`${ui.user}/${place}`) ?? Infinity),
  };
  const who = h("select", { id: "slack-who", onchange: () => go({ user: who.value, thread: null, pane: "room" }) });
  const rooms = h("div", { class: "rooms" });
  const people = h("div", { class: "rooms" });
  const apps = h("div", { class: "rooms" });
  const workspace = h("strong", {}, "Workspace");
  const home = h("button", { type: "button", class: "side", onclick: () => { go({ tab: "home", pane: "room", thread: null }); homeTab.open(); } }, svg(PATHS.home, 17), h("span", {}, "Home"));
  const lightning = h("button", { type: "button", class: "side", hidden: true, "aria-haspopup": "menu", onclick: () => menu(lightning, shortcuts().map((one) => ({ label: one.name, sign: "bolt", press: () => attempt(box, () => act("slack", "shortcut", { user: ui.user, callback_id: one.callback_id })) })), "Shortcuts") }, svg(PATHS.bolt, 17), h("span", {}, "Shortcuts"));
  const shortcuts = () => (state.scene.slack?.shortcuts || []).filter((one) => one.type === "global");
  const room = timeline(ui, go, box);
  const thread = threadPane(ui, go, box);
  const homeTab = homePane(ui, go, box);
  const modal = modalPane(ui, box);
  const nothing = h("div", { class: "empty" }, h("b", {}, "🧩"), h("strong", {}, "No workspace yet"), h("span", {}, "Set up a scene: python -m sandbox --scene, or python -m bot demo."));
  const space = h("div", { class: "space" },
    h("nav", { class: "sidebar scroll", "aria-label": "Rooms" }, h("p", { class: "workspace" }, workspace), home, lightning, h("p", { class: "label" }, "Rooms"), rooms, h("p", { class: "label" }, "Direct messages"), people, apps),
    room.root, thread.root, homeTab.root);
  box.append(h("header", { class: "head" }, h("i", { class: "mark slack" }), h("h2", {}, "Slack"), h("div", { class: "who" }, h("label", { for: "slack-who" }, "You are"), who)), space, nothing, modal.root);

  function go(change) {
    if (change.thread || change.room) change = { pane: "room", ...change };
    Object.assign(ui, change);
    if (change.user) {
      localStorage.setItem("slack-user", ui.user);
      if (ui.tab === "home") homeTab.open();
    }
    draw();
    if (change.thread) thread.writing.area.focus({ preventScroll: true });
    else if (change.room && matchMedia("(hover: hover)").matches) room.writing.area.focus({ preventScroll: true });
  }

  function mine() {
    return state.slack.rooms.filter((one) => (one.members || []).includes(ui.user) || one.user === ui.user);
  }

  function draw() {
    const users = state.slack.users.filter((one) => !one.is_bot && !one.deleted);
    nothing.hidden = users.length > 0;
    space.hidden = !users.length;
    if (!users.length) return;
    if (!users.some((one) => one.id === ui.user)) ui.user = (users.find((one) => one.id === state.scene.slack?.you) || users[0]).id;
    drawPeople(users);
    const reachable = mine();
    if (!reachable.some((one) => one.id === ui.room)) Object.assign(ui, { room: (reachable.find((one) => !one.is_im) || reachable[0])?.id || "", thread: null });
    workspace.textContent = state.scene.slack?.workspace || state.slack.team?.name || "Workspace";
    space.dataset.pane = ui.pane;
    space.dataset.thread = ui.tab === "room" && ui.thread ? "open" : "shut";
    home.hidden = !state.slack.apps.length;
    lightning.hidden = !shortcuts().length;
    home.setAttribute("aria-current", String(ui.tab === "home"));
    room.root.hidden = ui.tab !== "room" || !ui.room;
    thread.root.hidden = ui.tab !== "room" || !ui.thread;
    homeTab.root.hidden = ui.tab !== "home";
    note(reachable);
    drawRooms(rooms, reachable.filter((one) => !one.is_im));
    drawRooms(people, reachable.filter((one) => one.is_im));
    const met = (app) => reachable.some((one) => one.is_im && one.members.includes(app.bot_user_id));
    keep(apps, state.slack.apps.filter((app) => !met(app)).map((app) => ({ key: app.id, sign: app.name, app })), ({ app }) => h("button", { type: "button", class: "side", onclick: () => write(app) }, avatar(app.name, { small: true, image: "/page/icon.svg" }), h("span", {}, app.name)));
    if (ui.tab === "home") homeTab.draw();
    else { room.draw(); thread.draw(); }
    modal.draw();
  }

  function drawPeople(users) {
    const sign = JSON.stringify(users.map((one) => [one.id, nameOf(one), labelOf(one)]));
    if (who.sign !== sign) {
      who.sign = sign;
      who.replaceChildren(...users.map((one) => h("option", { value: one.id }, labelOf(one))));
    }
    who.value = ui.user;
  }

  const labelOf = (user) => {
    const role = state.scene.slack?.people?.find((one) => one.id === user.id)?.role;
    return role ? `${nameOf(user)} · ${role}` : nameOf(user);
  };

  // Keep the newest stamp a person has had on the screen; what existed before the page opened counts as seen.
  function note(reachable) {
    const visible = box.offsetParent !== null;
    for (const one of reachable) {
      const roots = one.messages.filter((message) => !message.thread_ts || message.thread_ts === message.ts);
      stamp(one.id, roots, visible && ui.tab === "room" && ui.room === one.id);
      for (const root of roots.filter((message) => message.reply_count || message.thread_ts)) {
        const replies = one.messages.filter((message) => message.thread_ts === root.ts && message.ts !== root.ts);
        stamp(`${one.id}/${root.ts}`, replies, visible && ui.thread === root.ts && ui.tab === "room");
      }
    }
  }

  function stamp(place, messages, looking) {
    const key = `${ui.user}/${place}`;
    const last = Number(messages.at(-1)?.ts || 0);
    if (looking) seen.set(key, last);
    else if (!seen.has(key)) seen.set(key, ready ? 0 : last);
  }
  let ready = false;
  setTimeout(() => { ready = true; }, 1500);

  function freshRoom(one) {
    const roots = one.messages.filter((message) => !message.thread_ts || message.thread_ts === message.ts);
    if (ui.fresh(one.id, roots.at(-1), roots.at(-1)?.user)) return true;
    return roots.some((root) => {
      const last = one.messages.findLast((message) => message.thread_ts === root.ts && message.ts !== root.ts);
      return last && ui.fresh(`${one.id}/${root.ts}`, last, last.user);
    });
  }

  function drawRooms(list, some) {
    keep(list, some.map((one) => {
      const on = ui.tab === "room" && ui.room === one.id;
      const fresh = freshRoom(one);
      if (fresh) alert();
      return { key: one.id, sign: JSON.stringify([titleOf(one, ui.user), on, fresh, one.is_archived]), one, on, fresh };
    }), ({ one, on, fresh }) => h("button", { type: "button", class: `side${fresh ? " fresh" : ""}`, "aria-current": String(on), onclick: () => go({ tab: "room", room: one.id, thread: null }) },
      one.is_im ? avatar(titleOf(one, ui.user), { small: true, image: state.slack.apps.some((app) => one.members.includes(app.bot_user_id)) ? "/page/icon.svg" : undefined }) : null, h("span", {}, titleOf(one, ui.user)), fresh && h("i", { class: "dot", "aria-label": "unread" })));
  }

  // A link to a message: its room and thread, the message lit up for a moment. False when this person does not see it.
  function visit(id, ts, thread) {
    const one = mine().find((room) => room.id === id);
    if (!one) return false;
    const message = one.messages.find((message) => message.ts === ts);
    const root = thread || message?.thread_ts || (message?.reply_count ? ts : null);
    go({ tab: "room", pane: "room", room: id, thread: root });
    const node = ts && [...box.querySelectorAll("article")].find((article) => article.dataset.ts === ts && article.offsetParent);
    node?.scrollIntoView({ block: "center" });
    node?.classList.add("flash");
    setTimeout(() => node?.classList.remove("flash"), 1200);
    return true;
  }

  // The direct conversation with the app, made when it is not there yet.
  async function write(app) {
    const room = await attempt(box, () => act("slack", "direct", { user: ui.user, app_id: app.id }));
    if (!room) return;
    await refreshed(["slack"]);
    go({ tab: "room", room: room.id, thread: null });
  }

  return { draw, go, ui, visit, open: () => act("slack", "open_home", { user: ui.user }) };
}
