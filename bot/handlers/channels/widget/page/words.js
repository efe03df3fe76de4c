// What the widget says (words/*.json). The server's refusals are told by their code, else as the server words them.
const WORDS = { en: ENGLISH };
const LANGUAGES = ["en", "de", "ru", "kk"];
let speech = "en";

/** Speak the first of the languages asked for that we know; English is at hand, the others come from our own server. */
async function speak(asked, base) {
  const chosen = asked.map((one) => String(one || "").slice(0, 2).toLowerCase()).find((one) => LANGUAGES.includes(one)) || "en";
  if (!WORDS[chosen]) {
    try {
      const answer = await fetch(new URL(`/widget/words/${chosen}.json`, base), { credentials: "omit" });
      if (!answer.ok) return;
      WORDS[chosen] = { ...WORDS.en, ...(await answer.json()) };
    } catch {
      return; // English will do
    }
  }
  speech = chosen;
}

function say(key, values = {}) {
  let words = WORDS[speech][key];
  if (typeof words === "object") words = words[new Intl.PluralRules(speech).select(values.n)] || words.other;
  return words.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** What the server refused, in the reader's language where the code is known. */
function why({ error, message }, otherwise) {
  return WORDS[speech][error] || message || otherwise;
}

function sizeWords(size) {
  const mega = size >= 1048576;
  return `${(mega ? size / 1048576 : Math.ceil(size / 1024)).toLocaleString(speech, { maximumFractionDigits: 1 })} ${mega ? "MB" : "kB"}`;
}
