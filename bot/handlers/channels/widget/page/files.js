// Files: sent with progress and a way to stop, shown where that is safe, saved otherwise. SVG and HTML are bytes, never pages.
const SHOWN = /^(?:image\/(?:png|jpeg|gif|webp)|(?:audio|video)\/(?:mp4|mpeg|ogg|webm|wav|x-wav))$/;
const PREVIEW = 8 * 1048576;
const UPLOADS = 2;

class Files {
  constructor(wire) {
    this.wire = wire;
    this.urls = new Map();
    this.busy = 0;
    this.waiting = [];
  }

  /** Upload `file`; answers like `wire.ask`. `row.stop` ends it. */
  async upload(row, file, progress) {
    if (this.busy >= UPLOADS) await new Promise((go) => this.waiting.push(go));
    this.busy += 1;
    try {
      return row.stopped ? { status: -1, data: {}, wait: 0 } : await this.put(row, file, progress);
    } finally {
      this.busy -= 1;
      const next = this.waiting.shift();
      if (next) next();
    }
  }

  // XMLHttpRequest, since fetch tells nothing of an upload's progress.
  put(row, file, progress) {
    return new Promise((done) => {
      const request = new XMLHttpRequest();
      const end = (status) => {
        let data = {};
        try {
          data = JSON.parse(request.responseText) || {};
        } catch { /* no words of ours */ }
        done({ status, data, wait: Number(request.getResponseHeader("Retry-After")) || 0 });
      };
      request.open("POST", this.wire.url("/widget/files"));
      for (const [name, value] of Object.entries(this.wire.headers({ "Content-Type": file.type || "application/octet-stream", "X-File-Name": encodeURIComponent(file.name) }))) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
      request.onload = () => end(request.status);
      request.onerror = () => end(0);
      request.onabort = () => end(-1);
      row.stop = () => request.abort();
      request.send(file);
    });
  }

  /** Where the bytes of a file can be had in this page; its type only when that is safe to show. */
  url(file) {
    if (!this.urls.has(file.n)) this.urls.set(file.n, this.load(file).catch((error) => {
      this.urls.delete(file.n);
      throw error;
    }));
    return this.urls.get(file.n);
  }

  async load(file) {
    const answer = await fetch(this.wire.url(`/widget/files/${file.n}`), { headers: this.wire.headers({}), credentials: "omit", cache: "no-store", referrerPolicy: "origin" });
    if (!answer.ok) throw new Error(answer.status === 410 ? say("unkept") : say("unsaid"));
    const type = SHOWN.test(file.mime) ? file.mime : "application/octet-stream";
    return URL.createObjectURL(new Blob([await answer.arrayBuffer()], { type }));
  }

  /** What was just chosen is shown from the page itself. */
  own(n, file) {
    if (SHOWN.test(file.type)) this.urls.set(n, Promise.resolve(URL.createObjectURL(file)));
  }

  async save(file) {
    const link = el("a", { href: await this.url(file), download: file.name });
    link.click();
  }
}

/** A file in a bubble. */
function fileNode(files, row, tell) {
  const { file } = row;
  const failed = (error) => tell(error.message);
  const card = el(
    "button",
    { class: "file", type: "button", "aria-label": say("save", { name: file.name }), disabled: !file.n || file.state !== "here", onclick: () => files.save(file).catch(failed) },
    icon(ICONS.file, 22), el("span", { class: "about" }, el("span", { class: "filename", dir: "auto" }, file.name), el("span", { class: "size" }, sizeWords(file.size))),
  );
  const kind = SHOWN.test(file.mime) && (file.state === "here" || !file.n) ? file.mime.split("/")[0] : "";
  if (kind === "image" && file.size <= PREVIEW) return pictureNode(files, file, card);
  if (kind !== "audio" && kind !== "video") return card;
  const player = el("div", { class: "media" }, card);
  if (!file.n) return player;
  const play = el("button", { class: "play", type: "button", "aria-label": say("play", { name: file.name }), onclick: async () => {
    try {
      const media = el(kind, { controls: true, src: await files.url(file) });
      media.onerror = () => media.replaceWith(card);
      play.replaceWith(media);
      media.play().catch(() => {});
    } catch (error) {
      failed(error);
    }
  } }, icon(ICONS.play, 20));
  player.prepend(play);
  return player;
}

function pictureNode(files, file, card) {
  const holder = el("div", { class: "picture" }, card);
  const show = async () => {
    try {
      const url = file.n ? await files.url(file) : file.local;
      const image = el("img", { src: url, alt: file.name });
      image.onload = () => holder.replaceChildren(el("a", { href: url, target: "_blank", rel: "noopener", "aria-label": file.name, download: file.name }, image));
    } catch { /* the card stays */ }
  };
  if (!("IntersectionObserver" in window)) show();
  else new IntersectionObserver((seen, watch) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    watch.disconnect();
    show();
  }).observe(holder);
  return holder;
}
