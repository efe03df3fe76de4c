// Block Kit's interactive elements. A `surface` says what a press does and where values live:
// {press(element, value) -> Promise, options(element, query) -> Promise, upload(file) -> Promise, values: Map, box}

import { h, PATHS, svg } from "../dom.js";
import { menu, popover, closePopover } from "../overlay.js";
import { nameOf, plainNodes, safe, textObject } from "./text.js";
import { state, visit } from "../state.js";

const spot = (element) => `${element.block_id}/${element.action_id}`;
const labelOf = (option) => option?.text?.text || "";

// Press, with the waiting sign on `node` and the warning beside it if the bot does not answer well.
async function run(node, surface, element, value, { quiet } = {}) {
  if (!quiet) {
    node.classList.add("busy");
    node.disabled = true;
  }
  node.parentElement?.querySelector(":scope > .failed")?.remove();
  try {
    const result = await surface.press(element, value);
    if (result && (result.ok === false || result.acked === false || result.error)) throw new Error(result.error || "the app did not answer in time");
  } catch (wrong) {
    node.after(h("span", { class: "failed", role: "alert", title: wrong.message }, "⚠ ", wrong.message));
  }
  if (quiet) return;
  node.classList.remove("busy");
  node.disabled = false;
}

function confirmed(anchor, element, go) {
  const ask = element.confirm;
  if (!ask) return go();
  const yes = h("button", { type: "button", class: `btn ${ask.style === "danger" ? "danger solid" : "primary"}`, autofocus: true, onclick: () => { closePopover(); go(); } }, labelText(ask.confirm) || "Yes");
  const no = h("button", { type: "button", class: "btn", onclick: () => closePopover() }, labelText(ask.deny) || "Cancel");
  popover(anchor, [h("div", { class: "confirm" }, h("h3", {}, textObject(ask.title)), h("p", {}, textObject(ask.text)), h("div", { class: "row" }, no, yes))], { label: labelText(ask.title) || "Are you sure?" });
}

const labelText = (text) => text?.text;

function button(element, surface) {
  const style = element.style === "primary" ? " primary" : element.style === "danger" ? " danger" : "";
  if (element.url && !element.action_id) return h("a", { class: `btn${style}`, href: safe(element.url), target: "_blank", rel: "noreferrer noopener" }, plainNodes(element.text.text));
  const node = h("button", {
    type: "button", class: `btn${style}`, "aria-label": element.accessibility_label,
    onclick: () => confirmed(node, element, () => {
      if (safe(element.url)) visit(element.url);
      run(node, surface, element, element.value);
    }),
  }, plainNodes(element.text.text));
  return node;
}

function overflow(element, surface) {
  const node = h("button", { type: "button", class: "icon framed", "aria-label": "More actions", "aria-haspopup": "menu", onclick: () => menu(node, element.options.map((option) => ({
    label: labelOf(option),
    press: () => { if (safe(option.url)) visit(option.url); run(node, surface, element, option.value); },
  })), "More actions") }, "⋯");
  return node;
}

const everyOption = (element) => element.options || (element.option_groups || []).flatMap((group) => group.options);

function known(element) {
  if (/users/.test(element.type)) return state.slack.users.map((user) => ({ text: { type: "plain_text", text: nameOf(user) }, value: user.id }));
  if (/channels|conversations/.test(element.type)) return state.slack.rooms.filter((room) => room.name).map((room) => ({ text: { type: "plain_text", text: `#${room.name}` }, value: room.id }));
  return everyOption(element);
}

function initial(element) {
  if (element.initial_option) return [element.initial_option];
  if (element.initial_options) return element.initial_options;
  const ids = element.initial_users || element.initial_conversations || element.initial_channels || [element.initial_user || element.initial_conversation || element.initial_channel].filter(Boolean);
  return known(element).filter((option) => ids.includes(option.value));
}

// All selects: a button with the choice, a popover with a search field and the list.
function select(element, surface) {
  const many = element.type.startsWith("multi_");
  const remote = element.type.endsWith("external_select");
  let chosen = surface.values?.get(spot(element)) ?? initial(element);
  const shown = h("span", { class: "shown" });
  const node = h("button", { type: "button", class: "select field", "aria-haspopup": "listbox", "aria-label": labelText(element.placeholder) || "Choose", onclick: open }, shown, h("i", { "aria-hidden": "true" }, "▾"));
  draw();
  surface.values?.set(spot(element), chosen);
  function draw() {
    const hint = labelText(element.placeholder) || (many ? "Choose" : "Choose one");
    shown.replaceChildren(...(chosen.length ? chosen.map((option) => h("span", { class: many ? "chip" : "" }, plainNodes(labelOf(option)))) : [h("span", { class: "hint" }, hint)]));
  }
  function open() {
    const list = h("div", { class: "options", role: "listbox", "aria-multiselectable": many });
    const least = element.min_query_length ?? 3;
    const words = h("input", { class: "field", type: "search", autofocus: true, placeholder: remote && least ? `Type ${least} or more letters` : "Search", "aria-label": "Search options", oninput: () => fill(), onkeydown: keys });
    let turn = 0;
    async function fill() {
      const mine = ++turn;
      let groups;
      const asked = words.value.trim();
      if (remote) {
        if (asked.length < least) return list.replaceChildren(h("p", { class: "title" }, least ? "Keep typing…" : "No options"));
        list.replaceChildren(h("p", { class: "title" }, "Loading…"));
        try {
          const found = await surface.options(element, asked);
          if (mine !== turn) return;
          groups = grouped(found || {});
        } catch (wrong) {
          if (mine === turn) list.replaceChildren(h("p", { class: "title" }, `⚠ ${wrong.message}`));
          return;
        }
      } else {
        groups = grouped({ options: element.option_groups ? undefined : known(element), option_groups: element.option_groups }).map(([title, options]) => [title, options.filter((option) => labelOf(option).toLowerCase().includes(asked.toLowerCase()))]);
      }
      const rows = groups.flatMap(([title, options]) => [title && options.length && h("p", { class: "title" }, title), ...options.map(row)]).filter(Boolean);
      list.replaceChildren(...(rows.length ? rows : [h("p", { class: "title" }, "Nothing found")]));
    }
    function row(option) {
      const on = chosen.some((one) => one.value === option.value);
      return h("button", { type: "button", class: "item", role: "option", "aria-selected": String(on), onclick: () => pick(option, on) }, many && h("span", { class: "tick", "aria-hidden": "true" }, on ? "✓" : ""), h("span", {}, plainNodes(labelOf(option)), option.description && h("small", {}, textObject(option.description))));
    }
    function pick(option, on) {
      if (many) {
        chosen = on ? chosen.filter((one) => one.value !== option.value) : [...chosen, option].slice(0, element.max_selected_items || 100);
        fill();
      } else {
        chosen = [option];
        closePopover();
      }
      surface.values?.set(spot(element), chosen);
      draw();
      if (surface.live(element)) run(node, surface, element, many ? chosen.map((one) => one.value) : option.value);
    }
    function keys(event) {
      if (event.key === "ArrowDown" || event.key === "Enter") {
        event.preventDefault();
        const first = list.querySelector(".item");
        if (event.key === "Enter") first?.click();
        else first?.focus();
      }
    }
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      if (!step) return;
      event.preventDefault();
      (document.activeElement[step] || words).focus();
    });
    popover(node, [words, list], { label: labelText(element.placeholder) || "Choose", kind: "choices" });
    fill();
  }
  return node;
}

function grouped(found) {
  if (Array.isArray(found)) return [["", found]];
  if (found.option_groups) return found.option_groups.map((group) => [labelText(group.label), group.options]);
  return [["", found.options || []]];
}

function choices(element, surface, kind) {
  const name = `choice-${Math.random().toString(36).slice(2)}`;
  let chosen = surface.values?.get(spot(element)) ?? initial(element);
  surface.values?.set(spot(element), chosen);
  return h("div", { class: "choice", role: kind === "radio" ? "radiogroup" : "group" }, element.options.map((option) => {
    const input = h("input", { type: kind, name, checked: chosen.some((one) => one.value === option.value), onchange: () => {
      chosen = kind === "radio" ? [option] : input.checked ? [...chosen, option] : chosen.filter((one) => one.value !== option.value);
      surface.values?.set(spot(element), chosen);
      if (surface.live(element)) run(input, surface, element, kind === "radio" ? option.value : chosen.map((one) => one.value));
    } });
    return h("label", {}, input, h("span", {}, textObject(option.text), option.description && h("small", {}, textObject(option.description))));
  }));
}

const TYPES = { plain_text_input: "text", email_text_input: "email", url_text_input: "url", number_input: "number", rich_text_input: "text", datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };
const WORDS = ["text", "email", "url", "number"];

// What one types or picks a time in. Words are told to the app while one types, or on Enter, as the element asks for.
function typed(element, surface) {
  const type = TYPES[element.type];
  const started = surface.values?.get(spot(element)) ?? startOf(element);
  const words = WORDS.includes(type);
  const asks = words && surface.live(element) ? element.dispatch_action_config?.trigger_actions_on || ["on_enter_pressed"] : [];
  let later = 0;
  const tell = () => { clearTimeout(later); run(node, surface, element, sentValue(element, node.value), { quiet: words }); };
  const note = () => {
    surface.values?.set(spot(element), node.value);
    clearTimeout(later);
    if (asks.includes("on_character_entered")) later = setTimeout(tell, 200);
  };
  const about = {
    class: "field", placeholder: labelText(element.placeholder), maxlength: element.max_length, "aria-label": labelText(element.placeholder) || element.action_id,
    oninput: note, onchange: () => { if (!words && surface.live(element)) tell(); },
    onkeydown: (event) => {
      if (event.key !== "Enter" || event.shiftKey || !asks.length) return;
      event.preventDefault();
      if (asks.includes("on_enter_pressed")) tell();
    },
  };
  const long = element.multiline || element.type === "rich_text_input";
  const node = long ? h("textarea", { ...about, rows: 4 }) : h("input", { ...about, type, step: type === "number" && element.is_decimal_allowed ? "any" : undefined });
  node.value = started;
  return node;
}

function startOf(element) {
  if (element.initial_date_time) return local(element.initial_date_time);
  if (element.type === "rich_text_input") return (element.initial_value?.elements || []).map((part) => (part.elements || []).map((one) => one.text || one.url || "").join("")).join("\n");
  return element.initial_value ?? element.initial_date ?? element.initial_time ?? "";
}

function local(seconds) {
  const at = new Date(seconds * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

// A value as Slack sends it: a moment is in Unix seconds.
export function sentValue(element, value) {
  if (value === "") return null;
  return element.type === "datetimepicker" ? Math.floor(new Date(value).getTime() / 1000) : value;
}

function fileInput(element, surface) {
  const most = element.max_files ?? 10;
  const row = h("div", { class: "files" });
  const input = h("input", { type: "file", hidden: true, multiple: most > 1, accept: (element.filetypes || []).map((one) => `.${one}`).join(",") || undefined, "aria-label": "Upload files", onchange: () => take([...input.files]) });
  const pick = h("button", { type: "button", class: "btn", onclick: () => input.click() }, svg(PATHS.clip, 15), "Upload files");
  async function take(files) {
    input.value = "";
    pick.classList.add("busy");
    pick.parentElement.querySelector(":scope > .failed")?.remove();
    try {
      for (const file of files) keepFiles([...kept(), await surface.upload(file)].slice(0, most));
    } catch (wrong) {
      pick.after(h("span", { class: "failed", role: "alert" }, "⚠ ", wrong.message));
    }
    pick.classList.remove("busy");
  }
  const kept = () => surface.values.get(spot(element)) ?? [];
  function keepFiles(files) {
    surface.values.set(spot(element), files);
    row.replaceChildren(...files.map((file) => h("span", { class: "chip file-chip" }, file.name, h("button", { type: "button", class: "icon", "aria-label": `Remove ${file.name}`, onclick: () => keepFiles(kept().filter((one) => one !== file)) }, svg(PATHS.close, 12)))));
  }
  keepFiles(kept());
  return h("div", { class: "file-input" }, row, input, pick);
}

export const imageAt = (about) => about.image_url || (about.slack_file ? `/control/slack/files/${encodeURIComponent(about.slack_file.id || /-(F\w+)\//.exec(about.slack_file.url)?.[1] || "")}` : null);

export function element(about, surface) {
  if (about.type === "button" || about.type === "workflow_button") return button(about, surface);
  if (about.type === "overflow") return overflow(about, surface);
  if (about.type.endsWith("_select")) return select(about, surface);
  if (about.type === "radio_buttons") return choices(about, surface, "radio");
  if (about.type === "checkboxes") return choices(about, surface, "checkbox");
  if (about.type === "image") return h("img", { class: "thumb", src: imageAt(about), alt: about.alt_text || "", title: about.alt_text });
  if (about.type === "file_input") return fileInput(about, surface);
  if (about.type in TYPES) return typed(about, surface);
  return h("span", { class: "unknown" }, `[${about.type}]`);
}
