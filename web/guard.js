/**
 * Says so when the page's own modules can't be started: without this, one that is
 * missing or that the browser can't run would leave "Loading" there for ever.
 * A plain script without imports, so that it can't fail together with them.
 */

addEventListener(
  "error", // of a script that can't be fetched, too: those don't bubble, but are caught on the way
  (event) => {
    const root = document.documentElement;
    if (root.dataset.state !== "loading" || root.hasAttribute("data-up")) return;
    const target = /** @type {Element | Window | null} */ (event.target);
    if (target instanceof Element && target.tagName !== "SCRIPT") return;
    root.dataset.state = "failed";
    const show = () => {
      const alert = document.getElementById("alert");
      const button = document.createElement("button");
      button.textContent = "Reload";
      button.onclick = () => location.reload();
      alert?.replaceChildren(
        "This page could not be started: a part of it is missing, or this browser is too old for it. " +
          "Nothing was lost. Check the connection, then reload the page.",
        button,
      );
      alert?.removeAttribute("hidden");
    };
    if (document.readyState === "loading") addEventListener("DOMContentLoaded", show);
    else show();
  },
  true,
);
