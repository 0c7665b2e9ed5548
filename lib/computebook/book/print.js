// Fits every table to the paper: smaller type first, then a page on its side, then broken words.
(limits) => {
  const sizes = ["", "cb-tight", "cb-tighter"];
  const fits = (table, width) => table.scrollWidth <= width + 0.5;
  const heightAt = (table, size, width) => {
    const box = table.parentElement;
    table.classList.remove(...sizes.filter(Boolean));
    if (size) table.classList.add(size);
    box.style.width = `${width}px`;
    const found = fits(table, width) ? table.getBoundingClientRect().height : Infinity;
    box.style.width = "";
    return found;
  };
  // Small type and paper on its side are for tables that would else be cut, or stand in tall
  // rows of broken words: each must save more height than its price.
  const price = [1, 1.5, 2.4];
  const choices = (table) => sizes.flatMap((size, step) => [
    { size, wide: false, cost: heightAt(table, size, limits.upright) * price[step] },
    { size, wide: true, cost: heightAt(table, size, limits.sideways) * price[step] * 2.2 },
  ]);
  const report = { wide: 0, forced: 0, tables: 0 };
  for (const page of document.querySelectorAll(".cb-sheet")) {
    for (const table of page.querySelectorAll("table.table")) {
      report.tables += 1;
      const best = choices(table).reduce((a, b) => (b.cost < a.cost ? b : a));
      const box = table.parentElement;
      const note = box.nextElementSibling;
      if (note?.classList.contains("cb-note")) box.append(note);
      table.classList.remove(...sizes.filter(Boolean));
      const forced = best.cost === Infinity;
      if (forced) table.classList.add("cb-tighter", "cb-forced");
      report.forced += forced;
      if (best.size) table.classList.add(best.size);
      if (best.wide || forced) {
        box.classList.add("cb-wide");
        box.style.page = `${page.dataset.page}-wide`;
        report.wide += 1;
      } else if (table.getBoundingClientRect().height < limits.whole) {
        box.classList.add("cb-whole");
      }
    }
  }
  return report;
}
