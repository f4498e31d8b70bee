// Settings of a site: the snippet follows its boxes, whether hits come is asked every few seconds, and so is how far an order is.

const EVERY = 2500; // ms
const LATE = 20_000; // ms until advice is given unasked

document.documentElement.classList.add("has-script");

function fetched(url, accept) {
  return fetch(url, { headers: { Accept: accept } });
}

// --- what may stand in a field, as on the site's page

const settings = document.getElementById("settings");

if (settings?.querySelector("[data-suggest]")) {
  const { suggest } = await import("./site/suggest.js");
  suggest(settings, settings.dataset.base);
}

// --- the snippet

const options = document.getElementById("options");

async function remake() {
  const url = new URL(options.action);
  url.search = new URLSearchParams([...new FormData(options)].filter(([name, value]) => value && name !== "counted"));
  remake.last = url.href;
  const answer = await fetched(url, "text/html");
  if (!answer.ok || remake.last !== url.href) return; // another box was ticked meanwhile
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("snippet").textContent = page.getElementById("snippet").textContent;
  const copy = document.getElementById("copy");
  if (copy) copy.textContent = "Copy";
  history.replaceState(null, "", url);
}

if (options) {
  options.addEventListener("input", remake);
  options.addEventListener("submit", (event) => {
    event.preventDefault();
    remake();
  });
}

// --- is it working?

const arrived = document.getElementById("arrived");
const began = Date.now();

async function look() {
  if (!document.hidden) {
    const url = new URL(arrived.dataset.url, location.href);
    url.searchParams.set("counted", arrived.dataset.counted);
    try {
      const answer = await fetched(url, "application/json");
      if (answer.status === 401 || answer.status === 404) return; // signed out
      if (answer.ok) show(await answer.json());
    } catch {
      // the line is down: ask again
    }
  }
  if (!arrived.dataset.done) setTimeout(look, EVERY);
}

function show(told) {
  if (!arrived.dataset.counted) arrived.dataset.counted = told.counted; // Redis was away when the page was made
  const sentence = arrived.querySelector("[role=status]");
  if (sentence.textContent !== told.sentence) sentence.textContent = told.sentence;
  sentence.className = `arrived ${told.state}`;
  if (told.state === "counted") arrived.dataset.done = "yes";
  else if (Date.now() - began > LATE || told.state === "dropped") document.getElementById("advice").open ||= !arrived.dataset.advised;
  if (document.getElementById("advice").open) arrived.dataset.advised = "yes";
}

if (arrived) setTimeout(look, EVERY);

// --- how far an order is

async function follow() {
  const orders = document.getElementById("orders");
  if (!("goesOn" in orders.dataset)) return;
  try {
    const answer = await fetched(location.href, "text/html");
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      orders.replaceWith(document.adoptNode(page.getElementById("orders")));
    }
  } catch {
    // the line is down: ask again
  }
  setTimeout(follow, 1000);
}

if (document.getElementById("orders")) setTimeout(follow, 1000);
