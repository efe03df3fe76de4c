// The modal on top of the workspace: the newest view of the person's stack.

import { act, state } from "../state.js";
import { blocks } from "./blocks.js";
import { packed } from "../composer.js";
import { sentValue } from "./elements.js";
import { h } from "../dom.js";
import { plainNodes } from "./text.js";
import { trap } from "../overlay.js";

export function modalPane(ui, box) {
  const root = h("div", { class: "modal-shade", hidden: true });
  let sign = "";
  let values = new Map();
  const filled = new Map(); // by view: going back to one finds it as it was
  let shownId = "";
  let giveBack = null;

  function draw() {
    const stack = state.slack.views[ui.user] || [];
    const view = stack.at(-1);
    const next = view ? JSON.stringify([ui.user, view.id, view.hash, view.blocks, view.title, view.errors, stack.length]) : "";
    if (next === sign) return;
    sign = next;
    if (!view) {
      if (!root.hidden) giveBack?.focus?.();
      root.hidden = true;
      shownId = "";
      filled.clear();
      return root.replaceChildren();
    }
    for (const id of filled.keys()) if (!stack.some((one) => one.id === id)) filled.delete(id);
    if (!filled.has(view.id)) filled.set(view.id, new Map());
    values = filled.get(view.id);
    if (!shownId) giveBack = document.activeElement;
    shownId = view.id;
    paint(view, stack.length, view.errors || {});
  }

  function paint(view, depth, errors) {
    const focused = document.activeElement?.closest?.("[data-block]")?.dataset.block;
    const fault = h("p", { class: "error fault", role: "alert", hidden: true });
    const surface = {
      values, box,
      live: (element) => Boolean(element.dispatch) || !element.input,
      upload: async (file) => {
        const sent = await act("slack", "upload", { user: ui.user, name: file.name, content: await packed(file), ...(file.type ? { mimetype: file.type } : {}) });
        return { value: sent.id, name: sent.name };
      },
      press: (element, value) => act("slack", "press_modal", { user: ui.user, action_id: element.action_id, block_id: element.block_id, ...(value === undefined ? {} : { value }) }),
      options: (element, query) => act("slack", "options", { user: ui.user, action_id: element.action_id, block_id: element.block_id, query }),
    };
    const list = view.blocks.map((block) => (block.type === "input" ? { ...block, element: { ...block.element, input: true, dispatch: block.dispatch_action } } : block));
    const close = () => act("slack", "close_modal", { user: ui.user }).catch((wrong) => { fault.hidden = false; fault.textContent = wrong.message; });
    const ok = view.submit && h("button", { type: "submit", class: "btn primary" }, plainNodes(view.submit.text));
    const form = h("form", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": view.title?.text, novalidate: true, onsubmit: async (event) => {
      event.preventDefault();
      fault.hidden = true;
      ok?.classList.add("busy");
      try {
        const result = await act("slack", "submit", { user: ui.user, values: answers(view, values) });
        if (result?.errors) paint(view, depth, result.errors);
        else if (result?.ok === false) throw new Error([result.error, result.reason && `(${result.reason})`].filter(Boolean).join(" "));
      } catch (wrong) {
        fault.hidden = false;
        fault.textContent = `⚠ ${wrong.message}`;
      }
      ok?.classList.remove("busy");
    } },
    h("header", {}, h("h3", {}, plainNodes(view.title?.text || "")), h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: close }, "✕")),
    h("div", { class: "scroll modal-body" }, blocks(list, surface, errors)), fault,
    h("footer", {}, h("button", { type: "button", class: "btn", onclick: close }, plainNodes(view.close?.text || (depth > 1 ? "Back" : view.submit ? "Cancel" : "Close"))), ok));
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { event.stopPropagation(); close(); }
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
      trap(form, event);
    });
    root.hidden = false;
    root.replaceChildren(form);
    const wrong = form.querySelector(".wrong");
    const spot = wrong || (focused && [...form.querySelectorAll("[data-block]")].find((one) => one.dataset.block === focused)) || form.querySelector("[data-focus]")?.parentElement || form.querySelector(".modal-body");
    wrong?.scrollIntoView({ block: "nearest" });
    (spot.querySelector("input:not([hidden]), textarea, .select, button") || form.querySelector("footer .btn")).focus();
  }

  return { root, draw };
}

// What was filled in, as the sandbox takes it: {block_id: {action_id: value}}.
export function answers(view, values) {
  const filled = {};
  for (const block of view.blocks) {
    if (block.type !== "input") continue;
    const { action_id: id, type } = block.element;
    const value = values.get(`${block.block_id}/${id}`);
    if (value === undefined) continue;
    const many = type.startsWith("multi_") || ["checkboxes", "file_input"].includes(type);
    if (Array.isArray(value) && !many && !value.length) continue;
    const given = !Array.isArray(value) ? sentValue(block.element, value) : many ? value.map((option) => option.value) : value[0].value;
    filled[block.block_id] = { ...filled[block.block_id], [id]: given };
  }
  return filled;
}
