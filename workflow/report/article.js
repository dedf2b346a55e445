// Cells that begin with numbers are compared as numbers, others as text; a second click reverses the order.
for (const button of document.querySelectorAll(".sortable thead button")) button.onclick = () => {
  const head = button.parentElement, body = head.closest("table").tBodies[0];
  const up = head.getAttribute("aria-sort") !== "ascending", text = row =>
    row.cells[head.cellIndex].textContent.replace(/^[✓±≈✗?…!=·] /, "");
  for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const compare = (one, other) =>
    parseFloat(text(one)) - parseFloat(text(other)) || text(one).localeCompare(text(other));
  body.append(...[...body.rows].sort((one, other) => (up ? 1 : -1) * compare(one, other)));
};
const dialog = document.querySelector("dialog"), enlarged = dialog.querySelector("img");
for (const button of document.querySelectorAll(".enlarge")) button.onclick = () => {
  const image = button.querySelector("img");
  enlarged.src = image.src;
  enlarged.alt = image.alt;
  dialog.showModal();
};
dialog.onclick = event => { if (event.target === dialog) dialog.close(); };
const links = new Map([...document.querySelectorAll("nav a")].map(link => [link.hash.slice(1), link]));
const seen = new IntersectionObserver(entries => {
  for (const entry of entries) if (entry.isIntersecting) {
    for (const link of links.values()) link.removeAttribute("aria-current");
    links.get(entry.target.id).setAttribute("aria-current", "true");
  }
}, {rootMargin: "0px 0px -80% 0px"});
for (const id of links.keys()) { const section = document.getElementById(id); if (section) seen.observe(section); }
if (matchMedia("(max-width: 60rem)").matches) document.querySelector("nav details").open = false;
// A link to a claim opens it.
const open = () => document.getElementById(location.hash.slice(1))?.querySelector("details")?.setAttribute("open", "");
addEventListener("hashchange", open);
open();
