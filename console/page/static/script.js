"use strict";
// What this script adds to pages that work without it: elements that the server renders again are
// swapped while a page is open, and texts can be copied by a button.
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const source = document.getElementById(button.dataset.copy);
    if (!source || !navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const label = button.textContent;
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        button.textContent = "Select the text and copy it";
      }
      setTimeout(() => { button.textContent = label; }, 3000);
    });
  }

  const url = document.body.dataset.live;
  const state = document.getElementById("live-state");
  const pause = document.getElementById("live-pause");
  if (!url || !window.EventSource || !state || !pause) return;

  let source = null, paused = false, failed = 0, timer = 0;
  const waiting = new Map(); // newest content of elements that cannot be swapped now
  const say = (text) => { if (state.textContent !== text) state.textContent = text; };
  const busy = (element) => element.contains(document.activeElement); // a swap would lose the focus
  const swap = () => {
    for (const [id, html] of waiting) {
      const element = document.getElementById(id);
      if (element && (paused || busy(element))) continue;
      waiting.delete(id);
      if (!element) continue;
      const open = [...element.querySelectorAll("details[open][id]")].map((d) => d.id);
      element.innerHTML = html; // the server escaped it, and the policy allows no script in it
      for (const one of open) document.getElementById(one)?.setAttribute("open", "");
    }
  };
  document.addEventListener("focusout", () => setTimeout(swap, 0));

  const open = () => {
    const mine = source = new EventSource(url);
    source.addEventListener("open", () => { failed = 0; say("Updates by itself."); });
    source.addEventListener("parts", (event) => {
      for (const [id, html] of Object.entries(JSON.parse(event.data))) waiting.set(id, html);
      swap();
    });
    source.addEventListener("note", (event) => { if (!paused) say(JSON.parse(event.data)); });
    source.addEventListener("error", () => {
      if (mine !== source || source.readyState !== EventSource.CLOSED) return; // the browser connects again
      failed++;
      if (failed > 8) { say("Updates have ended: reload the page."); return; }
      say("Updates are interrupted.");
      timer = setTimeout(open, Math.min(60000, 2000 * 2 ** failed) * (0.5 + Math.random()));
    });
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? "Resume updates" : "Pause updates";
    say(paused ? "Updates are paused." : "Updates by itself.");
    if (!paused) swap();
  });
  // A browser makes few connections to a server, so that pages in the background have none.
  const close = () => { clearTimeout(timer); if (source) source.close(); source = null; };
  document.addEventListener("visibilitychange", () => {
    close();
    if (!document.hidden) { failed = 0; open(); }
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted && !source) open(); });
  if (!document.hidden) open();
})();
