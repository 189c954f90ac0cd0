/** Keeps what a page complains of: put before all of its scripts. Not part of the site. */
{
  // What is drawn a frame later than it might be isn't wrong.
  const late = /^ResizeObserver loop/;
  const keep = (what) => {
    const kept = JSON.parse(sessionStorage.getItem("complaints") ?? "[]");
    sessionStorage.setItem("complaints", JSON.stringify([...kept, String(what)]));
  };
  for (const level of ["error", "warn"]) {
    const say = console[level];
    console[level] = (...words) => {
      keep(words.join(" "));
      say.apply(console, words);
    };
  }
  const failed = ({ message, error, target }) => {
    if (!message) keep(`${target.src ?? target.href} failed`);
    else if (!late.test(message)) keep(`${message} ${error?.stack}`);
  };
  addEventListener("error", failed, true);
  addEventListener("unhandledrejection", ({ reason }) => keep(`${reason} ${reason?.stack}`));
  addEventListener("securitypolicyviolation", ({ blockedURI }) => keep(`refused: ${blockedURI}`));
}
