// The Trouble menu: rate limits and faults, to see what the bot does about them.

import { h, keep } from "./dom.js";
import { popover, toast } from "./overlay.js";
import { send, state, tell } from "./state.js";

const TROUBLES = [
  { id: "slack-out", label: "Slack outage", about: "every call answers 503", fault: { platform: "slack", method: "*", kind: "status", status: 503, times: -1 } },
  { id: "telegram-429", label: "Telegram 429", about: "“Too Many Requests”, wait 5 s, on sends", fault: { platform: "telegram", method: "send*", kind: "rate_limit", seconds: 5, times: -1 } },
  { id: "lost-answers", label: "Lost answers", about: "Slack accepts posts, then drops the line", fault: { platform: "slack", method: "chat.postMessage", kind: "drop_after", times: -1 } },
  { id: "mail-out", label: "Mail refused", about: "the mail server answers 451", fault: { platform: "mail", method: "send", kind: "error", error: "451 try again later", times: -1 } },
];
const SLOW = { slack: 1.5, telegram: 1.5 };

const matches = (fault, wanted) => ["platform", "method", "kind"].every((word) => fault[word] === wanted[word]);
const active = (one) => state.trouble?.faults.some((fault) => matches(fault, one.fault));

async function change(verb, path, words) {
  try {
    state.trouble = await send(verb, path, words);
    tell(new Set(["trouble"]));
  } catch (wrong) {
    toast(document.body, wrong.message);
  }
}

async function turn(one, on) {
  if (on) return change("POST", "/control/faults", one.fault);
  const rest = (state.trouble?.faults || []).filter((fault) => !matches(fault, one.fault));
  const latency = state.trouble?.latency || {};
  await change("DELETE", "/control/faults");
  for (const { hits, ...fault } of rest) await change("POST", "/control/faults", fault);
  if (Object.keys(latency).length) await change("POST", "/control/latency", latency);
}

function row(label, about, on, press, bad) {
  const toggle = h("button", { type: "button", role: "switch", class: `toggle${bad ? " bad" : ""}`, "aria-checked": String(Boolean(on)), "aria-label": label, onclick: () => { toggle.setAttribute("aria-checked", String(!on)); press(!on); } });
  return h("div", { class: "row" }, h("span", {}, label, h("small", {}, about)), toggle);
}

export function troubleMenu(button) {
  const list = h("div", { class: "trouble" });
  button.addEventListener("click", () => { popover(button, list, { label: "Trouble" }); });
  const count = button.querySelector(".count");
  function draw() {
    const trouble = state.trouble;
    if (!trouble) return;
    const slow = Object.keys(trouble.latency).length > 0;
    const number = trouble.faults.length + (slow ? 1 : 0);
    count.hidden = !number;
    count.textContent = number;
    const rows = [
      { key: "limits", on: trouble.limits.enabled, make: () => row("Rate limits", "as the platforms count them", trouble.limits.enabled, (on) => change("POST", "/control/limits", { enabled: on })) },
      { key: "slow", on: slow, make: () => row("Slow network", "every call takes 1.5 s", slow, (on) => change("POST", "/control/latency", on ? SLOW : { slack: 0, telegram: 0 }), true) },
      ...TROUBLES.map((one) => ({ key: one.id, on: active(one), make: () => row(one.label, one.about, active(one), (on) => turn(one, on), true) })),
      { key: "clear", on: number > 0, make: () => h("button", { type: "button", class: "btn", disabled: !number, onclick: () => change("DELETE", "/control/faults") }, "Clear all trouble") },
    ];
    keep(list, rows.map((one) => ({ ...one, sign: String(one.on) })), (one) => one.make());
  }
  return { draw };
}
