// Slack's mrkdwn and rich_text as DOM nodes.

import { h } from "../dom.js";
import { emojiOf } from "../emoji.js";
import { state } from "../state.js";

export const userName = (id) => {
  const user = state.slack.users.find((one) => one.id === id) || state.slack.apps.find((app) => app.bot_user_id === id || app.bot_id === id || app.user_id === id);
  return user ? nameOf(user) : id;
};
export const nameOf = (user) => user.real_name || user.profile?.real_name || user.display_name || user.profile?.display_name || user.name || user.id;
const roomName = (id) => state.slack.rooms.find((room) => room.id === id)?.name || id;

export const plainOf = (text) => String(text ?? "").replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
export const safe = (url) => (/^(https?:|mailto:|tel:)/i.test(url || "") ? url : null);

function link(url, label) {
  const to = safe(plainOf(url));
  return to ? h("a", { href: to, target: "_blank", rel: "noreferrer noopener" }, label) : h("span", {}, label);
}

function mention(inside) {
  const [target, label] = inside.split(/\|(.*)/s);
  if (target.startsWith("@")) return h("span", { class: "mention" }, `@${userName(target.slice(1))}`);
  if (target.startsWith("#")) return h("span", { class: "mention" }, `#${label || roomName(target.slice(1))}`);
  if (target.startsWith("!date^")) return h("span", {}, dated(target.split("^"), plainOf(label)));
  if (target.startsWith("!subteam")) return h("span", { class: "mention" }, plainOf(label) || "@group");
  if (target.startsWith("!")) return h("span", { class: "mention" }, `@${target.slice(1)}`);
  return link(target, plainOf(label || target.replace(/^mailto:/, "")));
}

function dated([, seconds, format], fallback) {
  const when = new Date(Number(seconds) * 1000);
  if (Number.isNaN(when.getTime())) return fallback || "";
  const day = when.toLocaleDateString(undefined, { day: "numeric", month: "short" });
  const time = when.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
  return (format || "{date_short} {time}").replace(/\{(\w+)\}/g, (_, word) => (word.startsWith("time") ? time : word === "ago" ? day : day));
}

export function emojiNode(name) {
  const sign = emojiOf(name);
  return sign ? h("span", { class: "emo", role: "img", title: `:${name}:`, "aria-label": name.replace(/_/g, " ") }, sign) : document.createTextNode(`:${name}:`);
}

// Plain text with :codes: and line breaks.
export function plainNodes(text, codes = true) {
  const nodes = [];
  plainOf(text).split(/(:[a-z0-9_+'-]+(?:::skin-tone-\d)?:|\n)/i).forEach((part, index) => {
    if (index % 2 === 0) part && nodes.push(part);
    else if (part === "\n") nodes.push(h("br"));
    else nodes.push(codes && emojiOf(part) ? emojiNode(part.slice(1, -1)) : part);
  });
  return nodes;
}

const STYLES = { "*": "b", _: "i", "~": "s" };

// *bold* _italic_ ~strike~ within one line; the mark must hug its words.
function styled(text) {
  const found = /(^|[\s([{"'.,;:!?*_~\-–—/])([*_~])(?=\S)([^\n]*?\S)\2(?=$|[\s)\]}"'.,;:!?*_~\-–—/])/u.exec(text);
  if (!found) return spans(text);
  const start = found.index + found[1].length;
  return [...styled(text.slice(0, start)), h(STYLES[found[2]], {}, styled(found[3])), ...styled(text.slice(start + found[3].length + 2))];
}

// Angle brackets and what is left.
function spans(text) {
  return text.split(/\uE000(\d+)\uE001/).flatMap((part, index) => (index % 2 ? [holes[Number(part)]] : plainNodes(part)));
}

let holes = [];

function line(text) {
  return styled(text);
}

export function mrkdwn(text) {
  if (!text) return [];
  const before = holes;
  holes = [];
  const hole = (node) => `\uE000${holes.push(node) - 1}\uE001`;
  const kept = String(text).replace(/[\uE000\uE001]/g, "")
    .replace(/```\n?([\s\S]+?)\n?```/g, (_, code) => `\n${hole(h("pre", {}, codeText(code)))}\n`)
    .replace(/`([^`\n]+)`/g, (_, code) => hole(h("code", {}, codeText(code))))
    .replace(/<([^<>\n]+)>/g, (_, inside) => hole(mention(inside)));
  const nodes = [];
  let quoted = null;
  kept.replace(/\n?(\uE000\d+\uE001)\n/g, (all, mark) => (holes[Number(mark.slice(1, -1))].tagName === "PRE" ? mark : all)).split("\n").forEach((row, index) => {
    const quote = /^(?:&gt;|>) ?(.*)$/s.exec(row);
    if (quote) {
      if (!quoted) nodes.push((quoted = h("blockquote")));
      else quoted.append(h("br"));
      quoted.append(...line(quote[1]));
      return;
    }
    if (index && !quoted) nodes.push(h("br"));
    quoted = null;
    nodes.push(...line(row));
  });
  holes = before;
  return nodes;
}

const codeText = (text) => plainOf(text).replace(/<([^|<>]+)\|([^<>]+)>/g, "$2").replace(/<(https?:[^<>]+)>/g, "$1");

export function textObject(text) {
  if (!text) return [];
  return text.type === "mrkdwn" ? mrkdwn(text.text) : plainNodes(text.text, text.emoji !== false);
}

function wrap(node, style) {
  let wrapped = node;
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"], ["underline", "u"]]) if (style?.[name]) wrapped = h(tag, {}, wrapped);
  return wrapped;
}

function broken(text) {
  return text.split("\n").flatMap((part, index) => (index ? [h("br"), part] : [part]));
}

function rich(element) {
  switch (element.type) {
    case "text": return wrap(h("span", {}, broken(element.text)), element.style);
    case "link": return wrap(link(element.url, element.text || element.url), element.style);
    case "emoji": return element.unicode ? h("span", { class: "emo", title: `:${element.name}:` }, fromCodes(element.unicode)) : emojiNode(element.name);
    case "user": return h("span", { class: "mention" }, `@${userName(element.user_id)}`);
    case "channel": return h("span", { class: "mention" }, `#${roomName(element.channel_id)}`);
    case "broadcast": return h("span", { class: "mention" }, `@${element.range}`);
    case "date": return h("span", {}, dated(["", element.timestamp, element.format], element.fallback));
    default: return h("span", {}, element.text || "");
  }
}

const fromCodes = (codes) => String.fromCodePoint(...codes.split("-").map((code) => parseInt(code, 16)));

export function richText(block) {
  return (block.elements || []).map((part) => {
    const inside = () => (part.elements || []).map(rich);
    if (part.type === "rich_text_quote") return h("blockquote", {}, inside());
    if (part.type === "rich_text_preformatted") return h("pre", {}, (part.elements || []).map((one) => one.text || one.url || ""));
    if (part.type === "rich_text_list") {
      const rows = part.elements.map((row) => h("li", {}, (row.elements || []).map(rich)));
      return h(part.style === "ordered" ? "ol" : "ul", { vars: { "--indent": part.indent || 0 } }, rows);
    }
    return h("div", { class: "rich" }, inside());
  });
}
