// Says on the pages of an old edition that there is a newer one. The edition itself never changes:
// what is current is told by editions.js beside the folder of all editions.
(() => {
  const script = document.currentScript;
  const own = document.querySelector('meta[name="computebook:edition"]').content;
  const top = new URL("../../../../", script.src);
  const page = document.querySelector("html").dataset.content_root;

  const link = (address, text) => Object.assign(document.createElement("a"), {
    href: new URL(address, top).href, textContent: text,
  });

  const mark = ({ current, pages, exhibits }) => {
    if (current === own) return;
    const home = `editions/${current}/`;
    const here = new URL(page || "./", document.baseURI);
    const name = document.location.href.split(/[?#]/)[0].slice(here.href.length);
    const same = pages.includes(name) ? name : "index.html";
    const note = Object.assign(document.createElement("p"), { className: "cb-old-edition" });
    note.append(`This is edition ${own}. The current one is `, link(`${home}${same}`, current), ".");
    document.querySelector(".bd-article")?.prepend(note);
    for (const control of document.querySelectorAll(".cb-cite")) {
      const newer = exhibits[control.dataset.exhibit];
      if (!newer) continue;
      const line = Object.assign(document.createElement("p"), { className: "cb-newer" });
      line.append(link(`${home}${newer}`, `The same in edition ${current}`));
      control.querySelector(".cb-cite-body").prepend(line);
    }
  };

  // An edition does not know where it will stand; a page that is served does.
  const complete = (article) => {
    const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    const place = `editions/${own}/`;
    const relative = new RegExp(`(?<![\\w/.-])${place.replaceAll(".", "\\.")}`, "g");
    while (texts.nextNode()) {
      const { data } = texts.currentNode;
      if (data.includes(place)) texts.currentNode.data = data.replaceAll(relative, new URL(place, top).href);
    }
  };
  const shown = document.querySelector(".bd-article");
  if (shown && top.protocol.startsWith("http")) complete(shown);

  const told = Object.assign(document.createElement("script"), { src: new URL("editions.js", top) });
  told.onload = () => mark(window.computebookEditions);
  document.head.append(told);
})();
