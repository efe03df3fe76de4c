// Blocks of a message, a modal or the Home tab.

import { h } from "../dom.js";
import { element, imageAt } from "./elements.js";
import { mrkdwn, plainNodes, richText, textObject } from "./text.js";

// See elements.js for what a surface is. `errors` maps a block_id to what the app said of it.
export function blocks(list, surface, errors = {}) {
  return list.map((block) => one(block, surface, errors)).filter(Boolean);
}

function one(block, surface, errors) {
  switch (block.type) {
    case "header": return h("h3", { class: "b-header" }, plainNodes(block.text.text));
    case "divider": return h("hr", { class: "b-divider" });
    case "section": return section(block, surface);
    case "context": return h("div", { class: "b-context" }, block.elements.map((part) => (part.type === "image" ? element(part, surface) : h("span", {}, textObject(part)))));
    case "actions": return h("div", { class: "b-actions" }, block.elements.map((part) => h("span", { class: "act" }, element(within(part, block), surface))));
    case "image": return h("figure", { class: "b-image" }, block.title && h("figcaption", {}, textObject(block.title)), h("img", { src: imageAt(block), alt: block.alt_text || "", loading: "lazy" }));
    case "rich_text": return h("div", { class: "b-rich" }, richText(block));
    case "markdown": return h("div", { class: "b-text" }, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*")));
    case "input": return input(block, surface, errors);
    case "file": case "call": return null;
    default: return h("div", { class: "unknown" }, `[${block.type}]`);
  }
}

const within = (part, block) => ({ ...part, block_id: block.block_id });

function section(block, surface) {
  return h("div", { class: `b-section${block.accessory ? " aside" : ""}` },
    h("div", { class: "b-text" },
      block.text && h("div", {}, textObject(block.text)),
      block.fields && h("div", { class: "b-fields" }, block.fields.map((field) => h("div", {}, textObject(field))))),
    block.accessory && h("div", { class: "act" }, element(within(block.accessory, block), surface)));
}

function input(block, surface, errors) {
  const control = element(within(block.element, block), surface);
  const failed = errors[block.block_id];
  const id = `in-${block.block_id || block.element.action_id}`;
  if (["INPUT", "TEXTAREA"].includes(control.tagName)) {
    control.id = id;
    control.removeAttribute("aria-label");
  } else control.setAttribute("aria-label", block.label.text);
  if (block.element.focus_on_load) control.dataset.focus = "first";
  if (failed) control.setAttribute("aria-invalid", "true");
  return h("div", { class: `b-input${failed ? " wrong" : ""}`, data: { block: block.block_id || "" } },
    h("label", { for: id }, plainNodes(block.label.text), block.optional && h("small", {}, " (optional)")),
    control,
    failed ? h("p", { class: "error", role: "alert" }, failed) : block.hint && h("p", { class: "hint" }, textObject(block.hint)));
}
