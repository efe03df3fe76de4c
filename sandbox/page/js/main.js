// Puts the page together.

import { clientColumn } from "./client.js";
import { columns } from "./columns.js";
import { connect, setOpener, state, watch } from "./state.js";
import { followLinks } from "./links.js";
import { forumColumn } from "./telegram/forum.js";
import { loadEmoji } from "./emoji.js";
import { mailbox } from "./mail.js";
import { slackColumn } from "./slack/column.js";
import { troubleMenu } from "./trouble.js";

const LINKS = { waiting: "connecting", live: "live", lost: "connection lost, trying again" };

let fresh = () => undefined;
const client = clientColumn(document.getElementById("client"), () => fresh("client"));
const slack = slackColumn(document.getElementById("slack"), () => fresh("slack"));
const telegram = forumColumn(document.getElementById("telegram"), () => fresh("telegram"));
const mail = mailbox(document.getElementById("mail-open"));
const trouble = troubleMenu(document.getElementById("trouble-open"));
const link = document.getElementById("link");

function draw(parts) {
  const has = (...names) => names.some((name) => parts.has(name));
  if (has("link")) {
    link.dataset.state = state.link;
    link.querySelector("span").textContent = LINKS[state.link];
  }
  if (has("telegram", "scene")) {
    client.draw();
    telegram.draw();
  }
  if (has("slack", "scene")) slack.draw();
  if (has("mail")) mail.draw();
  if (has("trouble")) trouble.draw();
}

const shown = (column, found) => { if (found) document.getElementById(`tab-${column}`).click(); return found; };
setOpener(followLinks({
  slack: (...place) => shown("slack", slack.visit(...place)),
  topic: (...place) => shown("telegram", telegram.visit(...place)),
  bot: (...place) => shown("telegram", telegram.meet(...place)),
}));

fresh = columns(() => draw(new Set(["telegram", "slack"])));
watch(draw);
loadEmoji().catch(() => undefined).then(connect);
