// The mailbox drawer: letters the bot sent.

import { act, state } from "./state.js";
import { drawer } from "./overlay.js";
import { h, keep, size } from "./dom.js";

export function mailbox(button) {
  const count = button.querySelector(".count");
  let shown = null;
  let read = 0;
  button.addEventListener("click", () => {
    shown = drawer("Mailbox", button);
    shown.onclose = () => { shown = null; };
    draw();
  });

  function draw() {
    const letters = state.mail.letters || [];
    if (shown) read = letters.length;
    read = Math.min(read, letters.length);
    count.hidden = letters.length === read;
    count.textContent = letters.length - read;
    if (!shown) return;
    const rows = letters.length
      ? [...letters].reverse().map((letter) => ({ key: letter.id, sign: "", letter }))
      : [{ key: "none", sign: "" }];
    keep(shown.body, rows, (item) => (item.letter ? letterNode(item.letter) : h("div", { class: "empty" }, h("b", {}, "📭"), h("strong", {}, "No letters yet"), h("span", {}, `Transcripts sent by e-mail arrive here. SMTP listens on ${state.mail.host}:${state.mail.port}.`))));
  }

  function letterNode(letter) {
    const inside = h("div", { class: "open", hidden: true });
    const head = h("button", { type: "button", "aria-expanded": "false", onclick: () => {
      inside.hidden = !inside.hidden;
      head.setAttribute("aria-expanded", String(!inside.hidden));
      if (!inside.childNodes.length) fill(letter, inside);
    } }, h("b", {}, letter.subject || "(no subject)"), h("small", {}, `to ${letter.to.join(", ")}`), h("small", {}, [letter.from, letter.date].filter(Boolean).join(" · ")));
    return h("article", { class: "letter" }, head, inside);
  }

  function fill(letter, inside) {
    const body = h("div");
    const kinds = [letter.html && ["HTML", () => preview(letter.html)], letter.text && ["Text", () => h("pre", {}, letter.text)], ["Source", () => source(letter)]].filter(Boolean);
    const buttons = kinds.map(([name, make]) => h("button", { type: "button", onclick: () => choose(name, make) }, name));
    function choose(name, make) {
      buttons.forEach((one) => one.setAttribute("aria-pressed", String(one.textContent === name)));
      body.replaceChildren(make());
    }
    const files = letter.files.map((file, number) => h("a", { class: "btn", href: `/control/mail/${letter.id}/files/${number}` }, `📎 ${file.name} · ${size(file.size)}`));
    inside.replaceChildren(h("div", { class: "seg", role: "group", "aria-label": "Show as" }, buttons), body, h("div", { class: "files" }, files));
    choose(...kinds[0]);
  }

  // A letter is somebody else's markup: an empty sandbox attribute lets it run and load nothing of ours.
  function preview(html) {
    return h("iframe", { sandbox: "", title: "Letter", srcdoc: html });
  }

  function source(letter) {
    const box = h("pre", {}, "…");
    act("mail", "raw", { letter: letter.id }).then((raw) => { box.textContent = raw; }, (wrong) => { box.textContent = wrong.message; });
    return box;
  }
  return { draw };
}
