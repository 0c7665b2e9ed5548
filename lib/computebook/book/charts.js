// Draws the live charts: each replaces its static picture when the reader comes near it.
// Colours are CSS variables, so light and dark need no redrawing.
(() => {
  const script = document.currentScript;
  const narrowBelow = 480;
  const caps = { columns: 2, labelLimit: 130 };
  let bundle;

  // A file that is mailed carries the library in itself.
  const vega = () => (bundle ??= window.computebookVega ? Promise.resolve(window.computebookVega) : new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = new URL("vega.js", script.src);
    tag.onload = () => resolve(window.computebookVega);
    tag.onerror = () => reject(new Error("the chart library could not be read"));
    document.head.append(tag);
  }));

  const specOf = (chart) => {
    const narrow = chart.clientWidth < narrowBelow;
    const cap = (key, value) => (narrow && key in caps ? Math.min(value, caps[key]) : value);
    const spec = JSON.parse(chart.querySelector(".cb-spec").textContent, cap);
    spec.config.font = getComputedStyle(chart).fontFamily;
    return spec;
  };

  // Arrow keys walk over the marks: each shows its tooltip and is spoken.
  const walkByKey = (view, live) => {
    const spoken = Object.assign(document.createElement("div"), { className: "cb-spoken" });
    spoken.setAttribute("aria-live", "polite");
    view.after(spoken);
    view.tabIndex = 0;
    let at = -1;
    const marks = () => [...live.querySelectorAll("svg *")].filter(
      (part) => part.__data__?.tooltip && typeof part.__data__.tooltip === "object",
    );
    const point = (mark, kinds) => {
      const { left, top, width, height } = mark.getBoundingClientRect();
      const place = { bubbles: true, clientX: left + width / 2, clientY: top + height / 2 };
      for (const kind of kinds) mark.dispatchEvent(new PointerEvent(kind, place));
    };
    const leave = () => {
      const mark = marks()[at];
      if (mark) point(mark, ["pointerout", "mouseout"]);
      spoken.textContent = "";
      at = -1;
    };
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    view.addEventListener("keydown", (event) => {
      const all = marks();
      if (event.key === "Escape") leave();
      if (!(event.key in steps) || !all.length) return;
      event.preventDefault();
      if (all[at]) point(all[at], ["pointerout", "mouseout"]);
      at = at < 0 && steps[event.key] < 0 ? all.length - 1 : (at + steps[event.key] + all.length) % all.length;
      point(all[at], ["pointerover", "mouseover", "pointermove", "mousemove"]);
      spoken.textContent = Object.entries(all[at].__data__.tooltip)
        .map(([name, value]) => `${name}: ${value}`).join(", ");
    });
    view.addEventListener("blur", leave);
  };

  const draw = async (chart) => {
    const view = chart.querySelector(".cb-view");
    const still = view.querySelector(".cb-static");
    const live = Object.assign(document.createElement("div"), { className: "cb-live" });
    const controls = Object.assign(document.createElement("div"), { className: "cb-controls" });
    view.append(live);
    chart.append(controls);
    try {
      const embed = await vega();
      await embed(live, specOf(chart), {
        actions: false, renderer: "svg", defaultStyle: false, bind: controls,
        ast: true, // expressions are interpreted: the policy of the pages forbids evaluated text
        tooltip: { disableDefaultStyle: true },
      });
      // The picture as a whole has the alternative text; its parts have no roles of their own.
      const parts = live.querySelectorAll("[role], [aria-roledescription], [aria-label]");
      for (const part of parts) {
        for (const name of ["role", "aria-roledescription", "aria-label"]) part.removeAttribute(name);
      }
      still.remove();
      walkByKey(view, live);
      chart.dataset.drawn = "live";
    } catch (fault) {
      live.remove();
      chart.dataset.drawn = "static";
      console.error(fault);
    }
  };

  const near = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((entry) => entry.isIntersecting)) {
      near.unobserve(entry.target);
      draw(entry.target);
    }
  }, { rootMargin: "600px 0px" });
  document.querySelectorAll(".cb-chart").forEach((chart) => near.observe(chart));
})();
