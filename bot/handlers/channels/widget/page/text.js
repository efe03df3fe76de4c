// A message's tree (bot/domain/text_tree.py, to_json) as DOM nodes. No HTML is ever parsed: text can only become text.
const TAGS = [["b", "strong"], ["i", "em"], ["u", "u"], ["s", "s"], ["x", "span"], ["c", "code"]];
const SAFE_LINK = /^(?:https?:\/\/[^/?#@:][^/?#@]*(?=[/?#]|$)|mailto:[^?]+@|tel:\+?[0-9(])/i;
const ODD_IN_LINK = /[\s\u0000-\u001f\u007f<>"'`\\{}|^]/;
const WRITTEN_LINK = /\bhttps?:\/\/[^\s<>"'`\\{}|^]+/gi;
const AFTER_LINK = /[.,:;!?)\]…»”’*_~]+$/;

function el(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "class") node.className = value;
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

function icon(path, size = 20) {
  const make = (tag, attributes) => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const svg = make("svg", { viewBox: "0 0 24 24", width: size, height: size, "aria-hidden": "true", focusable: "false" });
  svg.append(make("path", { d: path }));
  return svg;
}

function safeLink(url) {
  return typeof url === "string" && url.length <= 2048 && SAFE_LINK.test(url) && !ODD_IN_LINK.test(url);
}

function anchor(url, ...children) {
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer nofollow ugc" }, ...children);
}

function linked(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(WRITTEN_LINK)) {
    const url = found[0].replace(AFTER_LINK, "");
    if (!safeLink(url)) continue;
    nodes.push(text.slice(from, found.index), anchor(url, url));
    from = found.index + url.length;
  }
  nodes.push(text.slice(from));
  return nodes;
}

function spoiler(node) {
  const show = () => {
    node.classList.add("shown");
    node.removeAttribute("role");
    node.removeAttribute("aria-label");
  };
  node.className = "spoiler";
  node.tabIndex = 0;
  node.setAttribute("role", "button");
  node.setAttribute("aria-label", say("hidden"));
  node.addEventListener("click", show);
  node.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      show();
    }
  });
}

function spanNodes(span) {
  const [text, letters, link] = Array.isArray(span) ? span : [span, "", null];
  const words = String(text);
  let nodes;
  if (safeLink(link)) nodes = [anchor(link, words.trim() ? words : link)];
  else nodes = String(letters || "").includes("c") ? [words] : linked(words);
  for (const [letter, tag] of [...TAGS].reverse()) {
    if (!String(letters || "").includes(letter)) continue;
    const wrapped = el(tag, null, ...nodes);
    if (letter === "x") spoiler(wrapped);
    nodes = [wrapped];
  }
  return nodes;
}

function line(tag, spans) {
  const node = el(tag, { dir: "auto" });
  for (const span of Array.isArray(spans) ? spans : []) node.append(...spanNodes(span));
  return node;
}

function blockNode(block) {
  const [kind, ...rest] = Array.isArray(block) ? block : ["p", String(block)];
  if (kind === "q") return el("blockquote", null, ...rest.map((spans) => line("div", spans)));
  if (kind === "c") return el("pre", { dir: "auto", tabindex: "0" }, el("code", null, String(rest[0])));
  if (kind === "l") {
    const [indent, start, ...items] = rest;
    const list = el(start > 0 ? "ol" : "ul", { start: start > 0 ? start : null });
    list.style.marginInlineStart = `${Math.min(Math.max(Number(indent) || 0, 0), 8) * 1.1}em`;
    list.append(...items.map((spans) => line("li", spans)));
    return list;
  }
  return line("div", rest);
}

function textNodes(body) {
  return (typeof body === "string" ? [["p", body]] : Array.isArray(body) ? body : []).map(blockNode);
}

function plainText(body) {
  return textNodes(body).map((node) => node.textContent).join(" ");
}
