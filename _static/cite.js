// Copies a citation to the clipboard. Without this script the text can be selected instead.
document.addEventListener("DOMContentLoaded", () => {
  const said = Object.assign(document.createElement("div"), { className: "cb-said" });
  said.setAttribute("role", "status");

  const select = (text) => getSelection().selectAllChildren(text);

  const copied = async (text) => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      return true;
    } catch {
      select(text);
      return document.execCommand("copy");
    }
  };

  const onClick = async (event) => {
    const button = event.currentTarget;
    const label = button.dataset.label ?? (button.dataset.label = button.textContent);
    const done = await copied(button.closest(".cb-cite-item").querySelector(".cb-cite-text"));
    button.textContent = done ? "Copied" : "Selected: press Ctrl+C";
    said.textContent = `${label}: ${button.textContent}`;
    setTimeout(() => { button.textContent = label; }, 2000);
  };

  const buttons = document.querySelectorAll(".cb-copy");
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener("click", onClick);
  }
  if (buttons.length) document.querySelector(".bd-article")?.append(said);
});
