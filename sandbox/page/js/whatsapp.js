// A person's WhatsApp on a phone: one chat with the business. Read receipts are sent by opening it, as on a phone.

import { act, state } from "./state.js";
import { attempt, menu } from "./overlay.js";
import { follow, h, hour, iconButton, keep, PATHS, size, svg } from "./dom.js";

const TICKS = { sent: ["✓", "sent"], delivered: ["✓✓", "delivered"], read: ["✓✓", "read"] };
const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

export function whatsappPane(box) {
  const list = h("div", { class: "wa-list" });
  const scroller = h("div", { class: "wa-scroll", role: "log", "aria-label": "Messages" }, list);
  const area = h("textarea", { rows: 1, placeholder: "Message", "aria-label": "Message on WhatsApp", onkeydown: (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); write(); } } });
  const file = h("input", { type: "file", hidden: true, onchange: () => attach(file.files[0]) });
  const quoted = h("p", { class: "wa-quoted", hidden: true });
  const bar = h("div", { class: "wa-bar" }, iconButton("clip", "Send a file", () => file.click()), area, h("button", { type: "button", class: "wa-send", "aria-label": "Send", onclick: () => write() }, svg(PATHS.send)), file);
  const root = h("div", { class: "wa stack" }, scroller, quoted, bar);
  let who = 0;
  let replyTo = "";

  const person = () => state.whatsapp.people.find((one) => one.id === who);
  const send = (words) => attempt(root, () => act("whatsapp", "send", { person: who, reply_to: replyTo, ...words })).then(() => answer(""));

  function answer(to) {
    replyTo = to;
    const about = person()?.messages.find((one) => one.id === to);
    quoted.hidden = !about;
    quoted.replaceChildren(about ? `↩ ${about.text || about.file?.name || "a file"}` : "", about ? iconButton("close", "Do not answer it", () => answer("")) : "");
  }

  function write() {
    const text = area.value;
    if (!text.trim()) return;
    area.value = "";
    send({ text });
  }

  function attach(chosen) {
    file.value = "";
    if (!chosen) return;
    const family = chosen.type.split("/")[0];
    const kind = ["image", "video", "audio"].includes(family) ? family : "document";
    const reader = new FileReader();
    reader.onload = () => send({ kind, content: { base64: reader.result.split(",")[1] || "" }, mime: chosen.type || "application/octet-stream", name: chosen.name, text: area.value.trim() });
    reader.readAsDataURL(chosen);
  }

  function choose(anchor, one) {
    const mine = one.reactions.person;
    menu(anchor, [
      { label: "Answer it", sign: "reply", press: () => { answer(one.id); area.focus(); } },
      "-",
      ...EMOJI.map((sign) => ({ label: mine === sign ? "Take it back" : "React", sign, press: () => attempt(root, () => act("whatsapp", "react", { person: who, message: one.id, emoji: mine === sign ? "" : sign })) })),
    ], "Message");
  }

  function bubble({ one }) {
    const about = person()?.messages.find((other) => other.id === one.reply_to);
    const signs = Object.values(one.reactions);
    const [tick, word] = TICKS[one.status] || ["", ""];
    return h("div", { class: `wa-bubble${one.mine ? " mine" : ""}` },
      about && h("p", { class: "wa-about" }, about.text || about.file?.name || "a file"),
      one.file && shown(one.file),
      one.text && h("p", {}, marked(one.text)),
      h("span", { class: "wa-foot" }, hour(one.at), !one.mine && tick && h("i", { class: one.status, "aria-label": word, title: `The business sees: ${word}` }, tick)),
      signs.length > 0 && h("span", { class: "wa-signs" }, signs.join("")),
      iconButton("more", "Answer or react", (event) => choose(event.currentTarget, one), { class: "wa-more" }));
  }

  // *bold*, _italic_, ~struck~ and `code`, as the app shows them; text only ever becomes text nodes.
  function marked(text) {
    const tags = { "*": "b", _: "i", "~": "s", "`": "code" };
    return text.split(/((?<![\w*_~`])[*_~`](?=\S)[^\n]*?\S[*_~`](?![\w*_~`]))/u).map((part) => part.length > 2 && part[0] in tags && part.at(-1) === part[0] ? h(tags[part[0]], {}, part.slice(1, -1)) : part);
  }

  function shown(given) {
    const place = `/control/whatsapp/files/${given.id}`;
    if (given.mime.startsWith("image/")) return h("a", { href: place, target: "_blank", rel: "noreferrer" }, h("img", { src: place, alt: "Picture", loading: "lazy" }));
    return h("a", { class: "wa-file", href: place, download: given.name || "file" }, `📎 ${given.name || given.mime}`, h("small", {}, size(given.size)));
  }

  function draw(id) {
    if (who !== id) { who = id; answer(""); }
    const at = person();
    if (!at) return;
    const rows = at.messages.map((one) => ({ key: one.id, one, sign: JSON.stringify(one) }));
    follow(scroller, id, () => keep(list, rows, bubble));
    if (box.offsetParent && at.messages.some((one) => !one.mine && one.status === "delivered")) act("whatsapp", "read", { person: id }).catch(() => undefined);
  }

  return { root, draw, focus: () => area.focus({ preventScroll: true }) };
}
