// The box one writes in: Enter sends, Shift+Enter breaks the line; a draft for every place.

import { emojiOf, pickEmoji } from "./emoji.js";
import { h, iconButton, PATHS, svg } from "./dom.js";
import { menu } from "./overlay.js";

// options: label, onsend(text) -> promise, onfiles?(files), suggest?(text) -> [{insert, title, about}], emojiCodes, accent
export function composer(options) {
  const drafts = new Map();
  let place = "";
  let shown = [];
  let at = 0;
  let later = 0;
  const area = h("textarea", { rows: 1, "aria-label": options.label, oninput: () => { lift(); suggest(); }, onkeydown: key, onpaste: paste, onblur: () => setTimeout(hide, 150) });
  const go = h("button", { type: "button", class: "send", "aria-label": "Send", title: "Send (Enter)", onclick: submit }, svg(PATHS.send));
  const face = iconButton("smile", "Emoji", () => pickEmoji(face, (name, sign) => insert(options.emojiCodes ? `:${name}:` : sign)));
  const chooser = options.onfiles && h("input", { type: "file", multiple: true, hidden: true, "aria-label": "Attach files", onchange: () => { options.onfiles([...chooser.files], take()); chooser.value = ""; } });
  const clip = options.onfiles && iconButton("clip", "Attach files", () => chooser.click());
  const list = h("div", { class: "suggest", role: "listbox", "aria-label": "Suggestions", hidden: true });
  const words = options.commands && iconButton("menu", "Commands", () => menu(words, options.commands().map((one) => ({ label: `/${one.command}`, about: one.description, press: () => deliver(`/${one.command}`) })), "Commands"), { hidden: true, "aria-haspopup": "menu" });
  const box = h("div", { class: "composer", vars: options.accent ? { "--accent": options.accent } : {} }, list, words, clip, chooser, area, face, go);
  const tip = h("div", { class: "composer-tip", hidden: true });
  const root = h("div", { class: "composing" }, tip, box);

  function lift() {
    box.classList.toggle("ready", Boolean(area.value.trim()));
    if (!CSS.supports("field-sizing", "content")) {
      area.style.height = "auto";
      area.style.height = `${Math.min(168, area.scrollHeight)}px`;
    }
    drafts.set(place, area.value);
  }
  function take() {
    const text = area.value;
    area.value = "";
    lift();
    return text;
  }
  async function submit() {
    const text = area.value;
    if (!text.trim()) return;
    take();
    await deliver(text);
  }
  async function deliver(text) {
    const from = place;
    hide();
    hint(null);
    area.focus();
    try {
      await options.onsend(text);
    } catch (wrong) {
      if (place === from && !area.value) area.value = text;
      else drafts.set(from, text);
      lift();
      hint(wrong.message, { error: true });
    }
  }
  function key(event) {
    if (!list.hidden && ["ArrowDown", "ArrowUp", "Tab", "Enter", "Escape"].includes(event.key)) {
      if (event.key === "Escape") { event.stopPropagation(); event.preventDefault(); return hide(); }
      if (event.key === "Tab" || (event.key === "Enter" && (shown[at].run || shown[at].insert.trim() !== area.value.trim()))) {
        event.preventDefault();
        return choose(shown[at]);
      }
      if (event.key !== "Enter") {
        event.preventDefault();
        at = (at + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % shown.length;
        return mark();
      }
    }
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && options.onescape) options.onescape();
  }
  function paste(event) {
    const files = [...(event.clipboardData?.files || [])];
    if (!files.length || !options.onfiles) return;
    event.preventDefault();
    options.onfiles(files, take());
  }
  function suggest() {
    const tail = /(^|\s):([a-z0-9_+-]{2,})$/i.exec(area.value.slice(0, area.selectionStart));
    const asked = area.value;
    clearTimeout(later);
    if (options.suggestLater) later = setTimeout(async () => {
      const found = await options.suggestLater(asked);
      if (found?.length && area.value === asked) offer(found);
    }, 200);
    shown = options.suggest?.(area.value) || [];
    if (!shown.length && tail && emojiOf(tail[2])) shown = [{ insert: area.value.slice(0, area.selectionStart - tail[2].length - 1) + (options.emojiCodes ? `:${tail[2]}: ` : `${emojiOf(tail[2])} `), title: emojiOf(tail[2]), about: `:${tail[2]}:` }];
    offer(shown);
  }
  function offer(items) {
    shown = items;
    at = 0;
    list.replaceChildren(...shown.map((item) => h("button", { type: "button", role: "option", tabindex: -1, onmousedown: (event) => { event.preventDefault(); choose(item); } }, h("b", {}, item.title), h("span", {}, item.about || ""))));
    list.hidden = !shown.length;
    mark();
  }
  function mark() {
    [...list.children].forEach((row, index) => row.setAttribute("aria-selected", index === at));
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }
  function choose(item) {
    area.value = item.insert;
    if (item.run) Promise.resolve(item.run()).catch((wrong) => hint(wrong.message, { error: true }));
    hide();
    lift();
    area.focus();
  }
  function hide() {
    list.hidden = true;
    shown = [];
  }
  function insert(text) {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    lift();
    area.focus();
  }
  // A line above the box: what one replies to, or why it did not go.
  function hint(content, { error, cancel } = {}) {
    tip.hidden = !content;
    tip.className = `composer-tip${error ? " error" : ""}`;
    tip.setAttribute("role", error ? "alert" : "note");
    if (content) tip.replaceChildren(h("div", {}, content), iconButton("close", error ? "Dismiss" : "Cancel", () => { hint(null); cancel?.(); }));
  }
  return {
    root, area, hint,
    insert,
    // Whether the bot has a list of commands to offer here.
    offers(some) { if (words) words.hidden = !some; },
    set(text) { area.value = text; lift(); area.focus(); suggest(); },
    // Move to another place, keeping what was being written here.
    at(next, placeholder) {
      area.placeholder = placeholder;
      area.setAttribute("aria-label", placeholder);
      if (next === place) return;
      drafts.set(place, area.value);
      place = next;
      area.value = drafts.get(next) || "";
      hide();
      hint(null);
      lift();
    },
  };
}

// A picked file as the control API takes it.
export async function packed(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  let text = "";
  for (let from = 0; from < bytes.length; from += 32768) text += String.fromCharCode(...bytes.subarray(from, from + 32768));
  return { base64: btoa(text) };
}
