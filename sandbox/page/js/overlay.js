// Things that float: popovers, menus, drawers, toasts. Esc and a click elsewhere close them.

import { h, PATHS, say, svg } from "./dom.js";

let current = null;

export function closePopover(giveBack = true) {
  if (!current) return;
  const { node, anchor, end } = current;
  current = null;
  node.remove();
  anchor?.setAttribute?.("aria-expanded", "false");
  end?.();
  if (giveBack && anchor?.isConnected) anchor.focus({ preventScroll: true });
}

export function popover(anchor, content, { label, kind = "", end, role = "dialog" } = {}) {
  const again = current?.anchor === anchor;
  closePopover(false);
  if (again) return null;
  const node = h("div", { class: `pop ${kind}`, role, "aria-label": label }, content);
  document.getElementById("overlay").append(node);
  current = { node, anchor, end };
  anchor.setAttribute("aria-expanded", "true");
  place(node, anchor.getBoundingClientRect(), anchor.closest(".column")?.getBoundingClientRect());
  (node.querySelector("[autofocus]") || node.querySelector("button, input, [tabindex]"))?.focus({ preventScroll: true });
  return node;
}

// Under the anchor, or above it; its edge on the side of the column the anchor is on.
function place(node, at, column) {
  const box = node.getBoundingClientRect();
  const onLeft = at.width >= box.width || (column && (at.left + at.right) / 2 < (column.left + column.right) / 2);
  const left = Math.min(onLeft ? at.left : at.right - box.width, innerWidth - box.width - 8);
  const below = at.bottom + 6 + box.height < innerHeight - 8;
  const top = below ? at.bottom + 6 : Math.max(8, at.top - box.height - 6);
  node.style.left = `${Math.max(8, left)}px`;
  node.style.top = `${top}px`;
}

// items: {label, about?, sign? (a name of dom.js or a character), bad?, press} or "-"
export function menu(anchor, items, label) {
  const rows = items.filter(Boolean).map((item) => item === "-" ? h("hr") : h("button", {
    type: "button", class: `item${item.bad ? " bad" : ""}`, role: "menuitem",
    onclick: () => { closePopover(); item.press(); },
  }, item.sign && h("span", { class: "sign", "aria-hidden": "true" }, item.sign in PATHS ? svg(PATHS[item.sign], 16) : item.sign), item.about ? h("span", { class: "two-lines" }, item.label, h("small", {}, item.about)) : item.label));
  const node = popover(anchor, rows, { label, role: "menu" });
  node?.addEventListener("keydown", (event) => {
    const buttons = [...node.querySelectorAll(".item")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length].focus();
  });
}

document.addEventListener("pointerdown", (event) => {
  if (current && !current.node.contains(event.target) && !current.anchor.contains?.(event.target)) closePopover(false);
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && current) {
    event.stopPropagation();
    closePopover();
  }
}, true);
addEventListener("resize", () => closePopover(false));
addEventListener("blur", () => { if (document.activeElement?.tagName === "IFRAME") closePopover(false); });

// A drawer at the right edge. Returns {body, close}.
export function drawer(title, anchor) {
  const body = h("div", { class: "scroll" });
  const shade = h("div", { class: "shade", onclick: () => close() });
  const shut = h("button", { type: "button", class: "icon", "aria-label": "Close", onclick: () => close() }, "✕");
  const panel = h("section", { class: "drawer", role: "dialog", "aria-modal": "true", "aria-label": title }, h("header", {}, h("h2", {}, title), shut), body);
  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    trap(panel, event);
  });
  document.getElementById("overlay").append(shade, panel);
  anchor?.setAttribute("aria-expanded", "true");
  shut.focus();
  function close() {
    shade.remove();
    panel.remove();
    anchor?.setAttribute("aria-expanded", "false");
    anchor?.focus();
    result.onclose?.();
  }
  const result = { body, close };
  return result;
}

// Keep Tab inside `box`.
export function trap(box, event) {
  if (event.key !== "Tab") return;
  const stops = [...box.querySelectorAll("button, a[href], input, select, textarea, [tabindex='0']")].filter((stop) => !stop.disabled && stop.offsetParent !== null);
  if (!stops.length) return;
  const edge = event.shiftKey ? stops[0] : stops.at(-1);
  if (document.activeElement !== edge) return;
  event.preventDefault();
  (event.shiftKey ? stops.at(-1) : stops[0]).focus();
}

export function toast(box, text, seconds = 4) {
  const host = box.querySelector(":scope > .toasts") || box.appendChild(h("div", { class: `toasts${box === document.body ? " page-toast" : ""}`, role: "status" }));
  const note = h("div", {}, text);
  host.append(note);
  say(text);
  setTimeout(() => note.remove(), seconds * 1000);
}

// Run something a person asked for; tell them in `box` when the sandbox refuses.
export async function attempt(box, work) {
  try {
    return await work();
  } catch (wrong) {
    toast(box, wrong.message);
    return undefined;
  }
}

// Words a person must have seen: a window in the middle of `box` that stays until OK.
export function alertIn(box, text) {
  const before = document.activeElement;
  const close = () => { shade.remove(); if (before?.isConnected) before.focus({ preventScroll: true }); };
  const ok = h("button", { type: "button", class: "btn primary", onclick: close }, "OK");
  const shade = h("div", { class: "modal-shade alert" }, h("div", { class: "modal", role: "alertdialog", "aria-modal": "true", "aria-label": text, onkeydown: (event) => {
    if (event.key === "Escape") { event.stopPropagation(); close(); }
    if (event.key === "Tab") event.preventDefault();
  } }, h("p", {}, text), h("div", { class: "row" }, ok)));
  box.append(shade);
  ok.focus({ preventScroll: true });
}
