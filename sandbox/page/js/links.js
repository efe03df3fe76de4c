// Links that lead to another place of this page: a Slack message, a forum topic, a bot.

// open: {slack(room, ts, thread), topic(chat, numbers), bot(username, payload)}; each answers whether it knows the place.
export function followLinks(open) {
  const follow = (url) => {
    const slack = /^https:\/\/[\w-]+\.slack\.com\/archives\/(\w+)(?:\/p(\d+)(\d{6}))?(?:\?(?:.*&)?thread_ts=([\d.]+))?/.exec(url);
    if (slack) return open.slack(slack[1], slack[2] ? `${slack[2]}.${slack[3]}` : null, slack[4] || null);
    const topic = /^(?:https?:\/\/t\.me\/c\/|tg:\/\/privatepost\?channel=)(\d+)((?:\/\d+)*)/.exec(url);
    if (topic) return open.topic(Number(`-100${topic[1]}`), topic[2].split("/").filter(Boolean).map(Number));
    const bot = /^https?:\/\/t\.me\/(\w+)(?:\?start=([\w-]+))?$/.exec(url);
    return bot ? open.bot(bot[1], bot[2] || "") : false;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && follow(link.getAttribute("href"))) event.preventDefault();
  });
  return (url) => { if (!follow(url) && /^https?:/i.test(url)) window.open(url, "_blank", "noopener"); };
}
