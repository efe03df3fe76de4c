// Building and keeping DOM nodes. Text only ever becomes text nodes: nothing here parses markup.

export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(props || {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key === "class") node.className = value;
    else if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "vars") for (const [name, given] of Object.entries(value)) node.style.setProperty(name, given);
    else if (key === "data") Object.assign(node.dataset, value);
    else if (key === "value" || key === "checked" || key === "selected") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const SVG = "http://www.w3.org/2000/svg";
export function svg(path, size = 18) {
  const node = document.createElementNS(SVG, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 24 24", width: size, height: size, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" })) node.setAttribute(key, value);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  node.append(line);
  return node;
}

export const PATHS = {
  send: "M5 12h13M12 5l7 7-7 7",
  smile: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM8.500 14.500c1 1.300 2.100 2 3.500 2s2.500-.7 3.500-2M9 9.500v.01M15 9.500v.01",
  reply: "M9 7L4 12l5 5M4 12h10a6 6 0 0 1 6 6v1",
  thread: "M4 5h16v11H10l-4 4v-4H4z",
  more: "M5 12v.01M12 12v.01M19 12v.01",
  close: "M6 6l12 12M18 6L6 18",
  back: "M14 6l-6 6 6 6",
  clip: "M20 11.500l-8.200 8.200a5 5 0 0 1-7.100-7.100l8.500-8.500a3.400 3.400 0 0 1 4.800 4.800l-8.400 8.400a1.700 1.700 0 0 1-2.400-2.400l7.500-7.500",
  plus: "M12 5v14M5 12h14",
  reload: "M20 11a8 8 0 1 0-2.300 6.300M20 5v6h-6",
  bolt: "M13 3L5 14h6l-1 7 8-11h-6z",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  edit: "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13",
  lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
  unlock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 5.500-1.500",
  menu: "M5 7h14M5 12h14M5 17h14",
  home: "M4 11l8-7 8 7M6 10v10h12V10",
};

export function iconButton(name, label, press, props = {}) {
  return h("button", { type: "button", ...props, class: `icon ${props.class || ""}`, "aria-label": label, title: label, onclick: press }, svg(PATHS[name]));
}

// Make `list` show `items` ({key, sign, ...}) and rebuild only those whose sign changed.
export function keep(list, items, build) {
  const kept = (list.kept ||= new Map());
  const seen = new Set();
  let spot = list.firstChild;
  for (const item of items) {
    if (seen.has(item.key)) continue;
    seen.add(item.key);
    let entry = kept.get(item.key);
    if (!entry || entry.sign !== item.sign) {
      const node = build(item);
      if (entry) {
        const held = entry.node.contains(document.activeElement) ? focusPath(entry.node) : null;
        if (spot === entry.node) spot = node;
        entry.node.replaceWith(node);
        if (held) restoreFocus(node, held);
      }
      entry = { sign: item.sign, node };
      kept.set(item.key, entry);
    }
    if (entry.node === spot) spot = spot.nextSibling;
    else list.insertBefore(entry.node, spot);
  }
  for (const [key, entry] of kept) {
    if (seen.has(key)) continue;
    entry.node.remove();
    kept.delete(key);
  }
}

function focusPath(root) {
  const focusable = [...root.querySelectorAll("button, a, input, select, textarea")];
  return focusable.indexOf(document.activeElement);
}

function restoreFocus(root, index) {
  root.querySelectorAll("button, a, input, select, textarea")[index]?.focus({ preventScroll: true });
}

// Change the contents of a scroller and stay at its end if it was there.
export function follow(scroller, place, change) {
  if (!scroller.sticky) watchEnd(scroller);
  const moved = scroller.place !== place;
  const atEnd = moved || scroller.sticky.on;
  const last = scroller.scrollHeight;
  change();
  scroller.place = place;
  let pill = scroller.querySelector(":scope > .newest");
  if (atEnd) {
    toEnd(scroller);
    pill?.remove();
  } else if (scroller.scrollHeight > last && !pill) {
    pill = h("button", { type: "button", class: "newest", onclick: () => { toEnd(scroller); pill.remove(); } }, "New messages ↓");
    scroller.append(pill);
  }
}

// Whether a person is at the end; pictures that load late and windows that grow do not take them away from it.
function watchEnd(scroller) {
  const sticky = (scroller.sticky = { on: true });
  scroller.addEventListener("scroll", () => {
    sticky.on = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    if (sticky.on) scroller.querySelector(":scope > .newest")?.remove();
  }, { passive: true });
  const grown = new ResizeObserver(() => { if (sticky.on) scroller.scrollTop = scroller.scrollHeight; });
  grown.observe(scroller);
  grown.observe(scroller.firstElementChild);
}

export function toEnd(scroller) {
  if (scroller.sticky) scroller.sticky.on = true;
  scroller.scrollTop = scroller.scrollHeight;
}

export function say(text) {
  document.getElementById("spoken").textContent = text;
}

export function hueOf(text) {
  let sum = 7;
  for (const sign of String(text)) sum = (sum * 31 + sign.codePointAt(0)) % 360;
  return sum;
}

export function initials(name) {
  const words = String(name || "?").trim().split(/[\s._-]+/u).filter(Boolean);
  const first = [...(words[0] || "?")][0];
  return (first + (words.length > 1 ? [...words.at(-1)][0] : "")).toUpperCase();
}

export function avatar(name, { emoji, image, round, small } = {}) {
  const kind = `avatar${emoji ? " emoji" : ""}${round ? " round" : ""}${small ? " small" : ""}`;
  return h("span", { class: kind, vars: { "--hue": hueOf(name) }, "aria-hidden": "true" }, image ? h("img", { src: image, alt: "" }) : emoji || initials(name));
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const dayOf = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
export const hour = (seconds) => clock.format(new Date(seconds * 1000));
export function day(seconds) {
  const then = new Date(seconds * 1000);
  return then.toDateString() === new Date().toDateString() ? "Today" : dayOf.format(then);
}

export function size(bytes) {
  if (!(bytes >= 0)) return "";
  return bytes < 1000 ? `${bytes} B` : bytes < 1e6 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
