// What pages share: times in the reader's own zone, and a button that copies what stands in a box.

const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
export const short = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const dated = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "numeric", minute: "2-digit", second: "2-digit" });

export function localTimes(root) {
  const today = new Date().toDateString();
  for (const element of root.querySelectorAll("time")) {
    const time = new Date(element.dateTime);
    element.textContent = (time.toDateString() === today ? short : dated).format(time);
    element.title = full.format(time);
  }
}

export function offerCopy(root) {
  const snippet = root.querySelector(".snippet");
  if (!snippet || !navigator.clipboard) return;
  const button = document.createElement("button");
  button.className = "copy";
  button.type = "button";
  button.id = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(snippet.textContent);
    button.textContent = "Copied";
  });
  snippet.after(button);
}

// a page that refreshes itself does so part by part (live.js)
if (!document.body.dataset.liveUrl) {
  localTimes(document);
  offerCopy(document);
}
