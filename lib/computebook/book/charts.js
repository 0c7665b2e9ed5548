// Draws the live charts: each replaces its static picture when the reader comes near it.
// Colours are CSS variables, so light and dark need no redrawing.
(() => {
  const script = document.currentScript;
  const narrowBelow = 480;
  const caps = { columns: 2, labelLimit: 130 };
  let bundle;

  const vega = () => (bundle ??= new Promise((resolve, reject) => {
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
        tooltip: { disableDefaultStyle: true },
      });
      // The picture as a whole has the alternative text; its parts have no roles of their own.
      const parts = live.querySelectorAll("[role], [aria-roledescription], [aria-label]");
      for (const part of parts) {
        for (const name of ["role", "aria-roledescription", "aria-label"]) part.removeAttribute(name);
      }
      still.remove();
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
