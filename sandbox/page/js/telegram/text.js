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
    case "date_time": return h("time", { datetime: new Date(entity.unix_time * 1000).toISOString() }, entity.date_time_format ? moment(entity.unix_time, entity.date_time_format) : inside);
    default: return h("span", {}, inside);
  }
}

// A moment in the reader's zone: w weekday, d/D short or long date, t/T time without or with seconds, r how far away
// (core.telegram.org/bots/api#date-time-entity-formatting).
function moment(seconds, format) {
  const at = new Date(seconds * 1000);
  if (format.includes("r")) {
    const away = seconds - Date.now() / 1000;
    const [unit, size] = [["day", 86_400], ["hour", 3600], ["minute", 60]].find(([, size]) => Math.abs(away) >= size) || ["second", 1];
    return new Intl.RelativeTimeFormat(undefined, { numeric: "auto" }).format(Math.round(away / size), unit);
  }
  const words = [
    format.includes("w") && at.toLocaleDateString(undefined, { weekday: "long" }),
    format.includes("D") ? at.toLocaleDateString(undefined, { day: "numeric", month: "long", year: "numeric" }) : format.includes("d") && at.toLocaleDateString(undefined, { day: "numeric", month: "short" }),
    /t/i.test(format) && at.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", ...(format.includes("T") ? { second: "2-digit" } : {}) }),
  ];
  return words.filter(Boolean).join(", ");
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
