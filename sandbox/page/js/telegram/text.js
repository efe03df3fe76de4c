// Telegram entities as DOM nodes. Offsets count UTF-16 units, as JavaScript strings do.

import { h } from "../dom.js";

const safe = (url) => (/^(https?:\/\/|tg:\/\/|mailto:)/i.test(url) ? url : /^[\w.-]+\.[a-z]{2,}([/?#]|$)/i.test(url) ? `http://${url}` : null);

function wrap(entity, inside, raw) {
  switch (entity.type) {
    case "bold": return h("b", {}, inside);
    case "italic": return h("i", {}, inside);
    case "underline": return h("u", {}, inside);
    case "strikethrough": return h("s", {}, inside);
    case "code": return h("code", {}, inside);
    case "pre": return h("pre", {}, inside);
    case "blockquote": return h("blockquote", {}, inside);
    case "expandable_blockquote": {
      const quote = h("blockquote", { class: "folded", tabindex: 0, role: "button", "aria-label": "Quote, press to unfold", onclick: () => quote.classList.toggle("folded"), onkeydown: (event) => event.key === "Enter" && quote.classList.toggle("folded") }, inside);
      return quote;
    }
    case "spoiler": {
      const spoiler = h("span", { class: "spoiler", role: "button", tabindex: 0, "aria-label": "Spoiler", onclick: () => spoiler.classList.add("shown"), onkeydown: (event) => event.key === "Enter" && spoiler.classList.add("shown") }, inside);
      return spoiler;
    }
    case "text_link": return anchor(entity.url, inside);
    case "url": return anchor(raw, inside);
    case "email": return anchor(`mailto:${raw}`, inside);
    case "mention": case "text_mention": case "hashtag": case "cashtag": case "phone_number": return h("span", { class: "tg-mention" }, inside);
    case "bot_command": return h("button", { type: "button", class: "command", data: { command: raw } }, inside);
    default: return h("span", {}, inside);
  }
}

function anchor(url, inside) {
  const to = safe(url || "");
  return to ? h("a", { href: to, target: "_blank", rel: "noreferrer noopener" }, inside) : h("span", {}, inside);
}

export function entityNodes(text = "", entities = []) {
  const sorted = [...entities].filter((one) => one.length > 0).sort((a, b) => a.offset - b.offset || b.length - a.length);
  return build(text, sorted, 0, text.length);
}

function build(text, entities, from, to) {
  const nodes = [];
  let spot = from;
  let index = 0;
  while (index < entities.length) {
    const entity = entities[index];
    const end = Math.min(entity.offset + entity.length, to);
    if (entity.offset < spot || entity.offset >= to) { index += 1; continue; }
    if (entity.offset > spot) nodes.push(text.slice(spot, entity.offset));
    const inner = [];
    for (index += 1; index < entities.length && entities[index].offset < end; index += 1) inner.push(entities[index]);
    nodes.push(wrap(entity, build(text, inner, entity.offset, end), text.slice(entity.offset, end)));
    spot = end;
  }
  if (spot < to) nodes.push(text.slice(spot, to));
  return nodes;
}
