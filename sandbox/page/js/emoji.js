// Emoji by short name, and the picker.

import { h } from "./dom.js";
import { closePopover, popover } from "./overlay.js";

let byName = {};
const nameOf = new Map();
const COMMON = ["+1", "heart", "eyes", "white_check_mark", "pray", "joy", "tada", "fire", "thinking_face", "clap", "-1", "x", "hourglass_flowing_sand", "wave", "ok_hand", "100", "rocket", "smile", "cry", "star", "warning", "lock", "pushpin", "bulb"];

export async function loadEmoji() {
  byName = await (await fetch("/page/emoji.json")).json();
  byName["thinking_face"] ??= "🤔";
  for (const [name, sign] of Object.entries(byName)) {
    const bare = sign.replace(/\uFE0F/g, "");
    if (!nameOf.has(bare) || name.length < nameOf.get(bare).length) nameOf.set(bare, name);
  }
}

export const emojiOf = (name) => byName[String(name).replace(/^:|:$/g, "").split("::")[0].toLowerCase()];
export const emojiName = (sign) => nameOf.get(String(sign).replace(/\uFE0F/g, ""));
export const orName = (name) => emojiOf(name) || `:${name}:`;

// What Telegram lets a person react with.
export const TELEGRAM = [..."👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🤡🥱🥴😍🐳🌚💯🤣⚡🍌🏆💔🤨😐🍓🍾💋😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾😡"];

// Open the picker at `anchor`; `chosen(name, sign)`.
export function pickEmoji(anchor, chosen, { only } = {}) {
  const grid = h("div", { class: "grid" });
  const words = h("input", { class: "field", type: "search", placeholder: "Search emoji", "aria-label": "Search emoji", autofocus: true, oninput: () => show(), onkeydown: (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      grid.querySelector("button")?.click();
    }
  } });
  const choose = (name, sign) => { closePopover(); chosen(name, sign); };
  function show() {
    const asked = words.value.trim().toLowerCase().replace(/^:|:$/g, "").replace(/\s+/g, "_");
    let pairs;
    if (only) pairs = only.map((sign) => [emojiName(sign) || sign, sign]).filter(([name]) => name.includes(asked));
    else if (!asked) pairs = COMMON.map((name) => [name, emojiOf(name)]);
    else pairs = Object.entries(byName).filter(([name]) => name.includes(asked)).sort((a, b) => a[0].indexOf(asked) - b[0].indexOf(asked) || a[0].length - b[0].length).slice(0, 64);
    const once = new Set();
    grid.replaceChildren(...pairs.filter(([, sign]) => sign && !once.has(sign) && once.add(sign)).map(([name, sign]) => h("button", { type: "button", "aria-label": name, title: `:${name}:`, onclick: () => choose(name, sign) }, sign)));
  }
  show();
  return popover(anchor, [words, grid], { label: "Pick an emoji", kind: "picker" });
}
