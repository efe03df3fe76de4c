// Columns side by side with grips between them; on a small screen, tabs.

const LEAST = { client: 250, telegram: 260 };

export function columns(changed) {
  const tabs = [...document.querySelectorAll(".switch [role='tab']")];
  const grid = document.getElementById("columns");

  function show(name) {
    document.body.dataset.column = name;
    for (const tab of tabs) {
      const on = tab.dataset.to === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      if (on) tab.classList.remove("fresh");
    }
    localStorage.setItem("column", name);
    changed();
  }
  for (const tab of tabs) {
    tab.addEventListener("click", () => show(tab.dataset.to));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
      show(next.dataset.to);
      next.focus();
    });
  }
  for (const grip of document.querySelectorAll(".grip")) widen(grip, grid);
  show(localStorage.getItem("column") || "client");

  // A dot on the tab of a column that is not on the screen.
  return (name) => {
    const tab = tabs.find((one) => one.dataset.to === name);
    if (document.body.dataset.column !== name) tab.classList.add("fresh");
  };
}

function widen(grip, grid) {
  const name = grip.dataset.between;
  const column = document.getElementById(name);
  const sign = name === "client" ? 1 : -1;
  const kept = Number(localStorage.getItem(`width-${name}`));
  if (kept) set(kept);
  function set(width) {
    const fits = Math.round(Math.min(Math.max(width, LEAST[name]), innerWidth * 0.5));
    grid.style.setProperty(`--w-${name}`, `${fits}px`);
    grip.setAttribute("aria-valuenow", String(fits));
    localStorage.setItem(`width-${name}`, String(fits));
  }
  grip.addEventListener("pointerdown", (event) => {
    const start = { x: event.clientX, width: column.offsetWidth };
    grip.setPointerCapture(event.pointerId);
    grip.classList.add("held");
    const move = (moved) => set(start.width + sign * (moved.clientX - start.x));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", () => { grip.classList.remove("held"); grip.removeEventListener("pointermove", move); }, { once: true });
  });
  grip.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 24, ArrowLeft: -24 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(column.offsetWidth + sign * step);
  });
  grip.addEventListener("dblclick", () => {
    grid.style.removeProperty(`--w-${name}`);
    localStorage.removeItem(`width-${name}`);
  });
}
