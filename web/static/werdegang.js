/* What pages do besides where there is JavaScript. Nothing depends on it.

   data-guard       on a form: leaving the page with changes in it asks first
   data-autosubmit  on a select: choosing sends its form
   data-menu        on details: closes with Escape and when something else is clicked
   wd-error-summary gets the focus after a swap; on a page of its own its autofocus does that
   Every form with method="post" is sent once, however often its button is pressed. */
(() => {
  "use strict";
  const changed = new Set();
  const sent = new WeakSet();

  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-guard]");
    if (form) changed.add(form);
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("select[data-autosubmit]")) event.target.form.requestSubmit();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented) return;
    changed.delete(form);
    if (form.method !== "post") return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
    setTimeout(() => sent.delete(form), 5000); /* what answers with a file leaves the page as it is */
  });

  /* A page taken out of the browser's memory may send its forms again. */
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of document.forms) sent.delete(form);
  });

  window.addEventListener("beforeunload", (event) => {
    for (const form of changed) if (form.isConnected) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  document.addEventListener("htmx:after:swap", () => {
    document.querySelector(".wd-error-summary")?.focus();
    for (const form of document.forms) sent.delete(form);
  });
})();
