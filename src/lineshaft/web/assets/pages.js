// Keys, drawer, search, times that pass, and live values: what happens without asking the hub.
(() => {
  "use strict";
  const GO = { f: "/", o: "/offerings", c: "/contracts", i: "/invoices", m: "/finance" };
  const CHORD_MS = 1200;
  const KEEP_S = 365 * 86400;
  let chordAt = -Infinity;

  // Until the connection stands, the widgets' library keeps each event back with a timer of its own:
  // afterwards they arrive in any order, so that an earlier state of a field overwrites the last one,
  // or a button overtakes what was typed. The socket itself keeps what is sent too early, in order;
  // so events are always handed to it.
  Object.defineProperty(window, "did_handshake", { get: () => Boolean(window.socket), set() {} });

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  document.cookie =
    `lineshaft_zone=${encodeURIComponent(zone)}; path=/; max-age=${KEEP_S}; samesite=lax`;

  const isTyping = (target) =>
    target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName || "");

  function toggle(button, wanted) {
    const panel = document.getElementById(button.dataset.toggle);
    if (!panel) return;
    const isOpen = panel.classList.toggle("is-open", wanted);
    button.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) panel.querySelector("a, button")?.focus();
    else button.focus();
  }

  document.addEventListener("click", (event) => {
    const toggler = event.target.closest("[data-toggle]");
    if (toggler) return toggle(toggler);
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open)?.showModal();
    const openDrawer = document.querySelector("[data-toggle][aria-expanded=true]");
    if (openDrawer && !event.target.closest("nav")) toggle(openDrawer, false);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const button = document.querySelector("[data-toggle][aria-expanded=true]");
      if (button) toggle(button, false);
      if (event.target.matches?.("[data-search]")) event.target.blur();
      return;
    }
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open], .q-dialog")) return;
    const now = performance.now();
    if (now - chordAt < CHORD_MS && GO[event.key]) {
      chordAt = -Infinity;
      location.assign(GO[event.key]);
    } else if (event.key === "g") {
      chordAt = now;
    } else if (event.key === "/") {
      const field = document.querySelector("[data-search]");
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
    } else if (event.key === "?") {
      event.preventDefault();
      document.getElementById("keys")?.showModal();
    }
  });

  // Search within what is on the page.
  document.addEventListener("input", (event) => {
    const field = event.target.closest("[data-search]");
    if (!field) return;
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    document.querySelectorAll(`[data-found-by="${field.dataset.search}"]`).forEach((item) => {
      const text = (item.dataset.words || item.textContent).toLowerCase();
      item.hidden = !words.every((word) => text.includes(word));
      count += item.hidden ? 0 : 1;
    });
    document.querySelectorAll(`[data-nothing-for="${field.dataset.search}"]`).forEach((item) => {
      item.hidden = count > 0;
    });
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });

  // Times that pass, in the words of the language.
  const STEPS = [[60, 1, "second"], [3600, 60, "minute"], [86400, 3600, "hour"], [Infinity, 86400, "day"]];
  function ago(seconds) {
    const [, size, unit] = STEPS.find(([limit]) => seconds < limit);
    const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });
    return words.format(-Math.floor(seconds / size), unit);
  }
  let offsetMs = 0; // of the hub's clock to ours
  function passTime() {
    document.querySelectorAll("time[data-at]").forEach((element) => {
      const at = Number(element.dataset.at);
      if (!at) return;
      const text = ago(Math.max(0, (Date.now() + offsetMs - at) / 1000));
      if (element.textContent !== text) element.textContent = text;
    });
  }
  setInterval(passTime, 1000);
  new MutationObserver(passTime).observe(document.documentElement, { childList: true, subtree: true });

  // Live values: only the cells of signals that changed are touched.
  const cells = new Map();
  function cellsOf(signal) {
    let found = cells.get(signal);
    if (!found || found.some((cell) => !cell.isConnected)) {
      found = [...document.querySelectorAll("[data-live]")].filter((c) => c.dataset.live === signal);
      cells.set(signal, found);
    }
    return found;
  }
  function showValue(cell, [, display, at, state, isStored]) {
    const value = cell.querySelector(".live");
    if (value.textContent !== display) {
      value.textContent = display;
      value.classList.remove("is-new");
      requestAnimationFrame(() => value.classList.add("is-new"));
    }
    value.dataset.state = state;
    cell.querySelector(".mark-unstored").hidden = isStored;
    const time = cell.closest("tr")?.querySelector("[data-value-at]");
    if (time) time.textContent = at;
  }

  // Contact: a machine that has said nothing for a while is silent, also while nobody pushes.
  const SILENT_AFTER_MS = 60000;
  function showContact() {
    document.querySelectorAll("[data-contact]").forEach((badge) => {
      const at = Number(badge.dataset.contact);
      const isLive = at > 0 && Date.now() + offsetMs - at < SILENT_AFTER_MS;
      const text = isLive ? badge.dataset.heard : at > 0 ? badge.dataset.silent : badge.dataset.never;
      const kind = isLive ? "badge good" : at > 0 ? "badge warn" : "badge";
      if (badge.textContent !== text) badge.textContent = text;
      if (badge.className !== kind) badge.className = kind;
    });
  }
  setInterval(showContact, 1000);

  window.lineshaft = {
    now(hubMs) {
      offsetMs = hubMs - Date.now();
      passTime();
      showContact();
    },
    live(changes, contacts) {
      for (const change of changes) for (const cell of cellsOf(change[0])) showValue(cell, change);
      for (const [machine, at] of Object.entries(contacts)) {
        document.querySelectorAll(`[data-contact-of="${CSS.escape(machine)}"]`).forEach((element) => {
          if (element.matches("time")) element.dataset.at = at;
          else element.dataset.contact = at;
        });
      }
      if (Object.keys(contacts).length) showContact();
      return changes.length;
    },
  };
})();
