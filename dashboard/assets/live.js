// Keeps the page fresh. A part of it (data-live) is swapped only when the server's text for it has changed, so nothing
// flickers, and what somebody has selected in it stays. Times are put in the reader's own zone.

import { localTimes, offerCopy, short } from "./page.js";

const EVERY = 3000;
const SLOWEST = 30000;
const clock = document.getElementById("clock");
const served = new Map(); // a part's id -> its text as the server sent it
let wait = EVERY;
let timer;

function dress(part) {
  localTimes(part);
  offerCopy(part);
}

function selectedIn(part) {
  const selection = getSelection();
  return selection && !selection.isCollapsed && selection.containsNode(part, true);
}

function swap(part, fresh) {
  const text = fresh.outerHTML;
  if (served.get(part.id) === text || selectedIn(part)) return;
  served.set(part.id, text);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.hidden = fresh.hidden;
  part.replaceChildren(...fresh.childNodes);
  dress(part);
  if (focused) document.getElementById(focused)?.focus();
}

async function refresh() {
  try {
    const answer = await fetch(document.body.dataset.liveUrl, { cache: "no-store" });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const fresh of page.querySelectorAll("[data-live]")) {
      const part = document.getElementById(fresh.id);
      if (part) swap(part, fresh);
    }
    clock.classList.remove("late");
    clock.textContent = `Updated ${short.format(new Date())}`;
    wait = EVERY;
  } catch {
    clock.classList.add("late");
    clock.textContent = "The dashboard does not answer; trying again.";
    wait = Math.min(wait * 2, SLOWEST);
  }
  timer = setTimeout(refresh, wait);
}

for (const part of document.querySelectorAll("[data-live]")) {
  served.set(part.id, part.outerHTML);
  dress(part);
}
localTimes(clock);
document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) refresh();
});
timer = setTimeout(refresh, wait);
