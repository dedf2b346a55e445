"""The style of the report's pages, and the script by which a click sorts their tables."""

from srop.ledger.vocabulary import COLORS

STYLE = """
body { font: 14px/1.4 system-ui, sans-serif; color: #1e293b; margin: 1rem; }
h2 { font-size: 16px; margin: 1.2rem 0 .4rem; }
table { border-collapse: collapse; }
th { background: #e2e8f0; position: sticky; top: 0; text-align: left; }
th, td { border: 1px solid #cbd5e1; padding: .25rem .5rem; vertical-align: top; }
.sortable th { cursor: pointer; }
.sortable th::after { content: " \\2195"; color: #64748b; }
.number { text-align: right; }
.number, .short { white-space: nowrap; }
.words { min-width: 15rem; }
.superseded { opacity: .45; }
"""
STYLE += "".join(f".{verdict.replace(' ', '-')} {{ background: {color}; }}\n" for verdict, color in COLORS.items())


# Cells that begin with numbers are compared as numbers, others as text; a second click reverses the order.
SORT = """
for (const head of document.querySelectorAll(".sortable th")) head.onclick = () => {
  const body = head.closest("table").tBodies[0], text = row => row.cells[head.cellIndex].textContent;
  const sign = head.dataset.sign = head.dataset.sign === "1" ? -1 : 1;
  const rows = [...body.rows].sort((one, other) =>
    sign * (parseFloat(text(one)) - parseFloat(text(other)) || text(one).localeCompare(text(other))));
  body.append(...rows);
};
"""
