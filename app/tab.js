// What the browser is told of a page: its language, by which it breaks lines and reads aloud. On a phone the sidebar
// lies over the page: it closes once another page was chosen in it. Inside a page of another address nothing can be
// clicked: that page may lie over this one unseen.
const NARROW = 768; // pixels of a window
const shown = (window.fitwatchTab ??= {});

export default function ({ data }) {
  document.documentElement.lang = data.language;
  if (data.framed.length && isFramed()) guard(...data.framed);
  const before = shown.page;
  shown.page = data.page;
  if (before === undefined || before === data.page || window.innerWidth >= NARROW) return;
  if (document.querySelector("[data-testid=stExpandSidebarButton]")) return; // it is closed
  document.querySelector("[data-testid=stSidebarCollapseButton] button")?.click();
}

function isFramed() {
  try {
    return window.top.location.origin !== window.location.origin;
  } catch {
    return true; // a page of another address does not say what it is
  }
}

function guard(reason, way) {
  document.body.inert = true;
  shown.note?.remove();
  shown.note = document.createElement("p");
  const link = Object.assign(document.createElement("a"), {
    textContent: way, href: window.location.href, target: "_blank", rel: "noopener",
  });
  shown.note.append(reason, " ", link);
  shown.note.style =
    "position: fixed; inset: 0 0 auto 0; margin: 0; padding: 0.75rem 1rem; z-index: 2147483647; " +
    "font: 1rem sans-serif; background: Canvas; color: CanvasText; border-bottom: 1px solid";
  document.documentElement.append(shown.note);
}
