// The App Home tab.

import { act, state } from "../state.js";
import { blocks } from "./blocks.js";
import { h, iconButton, keep } from "../dom.js";

export function homePane(ui, go, box) {
  const list = h("div", { class: "home-blocks" });
  const root = h("section", { class: "home stack", "aria-label": "App Home" },
    h("header", { class: "bar" }, iconButton("back", "Back to rooms", () => go({ pane: "list" }), { class: "back" }), h("div", {}, h("h3", {}, "relaydesk"), h("small", {}, "Home")), iconButton("reload", "Open Home again", () => open())), h("div", { class: "scroll", tabindex: 0 }, list));
  function open() {
    return act("slack", "open_home", { user: ui.user }).catch(() => undefined);
  }
  function draw() {
    const view = state.slack.homes[ui.user];
    const surface = {
      live: (element) => !element.inInput, box,
      press: (element, value) => act("slack", "press_home", { user: ui.user, action_id: element.action_id, block_id: element.block_id, ...(value === undefined ? {} : { value }) }),
      options: (element, query) => act("slack", "options", { user: ui.user, action_id: element.action_id, block_id: element.block_id, query }),
    };
    const shown = view?.blocks?.length ? view.blocks : null;
    keep(list, shown ? shown.map((block, index) => ({ key: `${block.block_id || index}-${index}`, sign: JSON.stringify([block, ui.user]), block })) : [{ key: "none", sign: ui.user }], (item) => (item.block ? h("div", { class: "home-block" }, blocks([item.block], surface)) : h("div", { class: "empty" }, h("b", {}, "🏠"), h("strong", {}, "Nothing here yet"), h("span", {}, "The app has not published a Home tab for this person."))));
  }
  return { root, draw, open };
}
