"""The words of the ledger."""

VERDICTS = {
    "reproduced": ("is reproduced", "are reproduced"),
    "sign only": ("is reproduced in sign only", "are reproduced in sign only"),
    "mixed": ("is mixed", "are mixed"),
    "not reproduced": ("is not reproduced", "are not reproduced"),
    "cannot tell": ("is undecided", "are undecided"),
    "needs weights": ("needs weights", "need weights"),
    "text inconsistent": ("is inconsistent in the text", "are inconsistent in the text"),
    "no verdict": ("is a number without a verdict", "are numbers without a verdict"),
    "not measured": ("is not measured", "are not measured"),
}
"""Each verdict with its predicate for one claim and for several."""


_WORDS = {"cannot tell": "undecided", "not said": "not stated"}


def worded(text: str) -> str:
    """Replace older keys in the tables of recorded runs by the words that readers see.

    Args:
        text: A cell of the ledger, such as a verdict.

    Returns:
        The text with the words of pages and figures.

    Example:
        >>> worded("reproduced in 2, cannot tell in 1")
        'reproduced in 2, undecided in 1'
    """
    for key, words in _WORDS.items():
        text = text.replace(key, words)
    return text


COLORS = {
    "reproduced": "#7fb8e6",
    "sign only": "#cfe5f7",
    "mixed": "#f3e79b",
    "not reproduced": "#f0a374",
    "cannot tell": "#d9dce1",
    "needs weights": "#ffffff",
    "text inconsistent": "#dcc3e0",
    "no verdict": "#ffffff",
    "not measured": "#ffffff",
}
"""The color of each verdict in figures and pages: pale tints of a palette that color-blind readers can tell apart."""


def verdict_style() -> str:
    """Give a page's CSS for the colors of verdicts."""
    return "".join(f".{verdict.replace(' ', '-')} {{ background: {color}; }}\n" for verdict, color in COLORS.items())


MARKS = {
    "reproduced": "✓",
    "sign only": "±",
    "mixed": "≈",
    "not reproduced": "✗",
    "cannot tell": "?",
    "needs weights": "…",
    "text inconsistent": "!",
    "no verdict": "=",
    "not measured": "·",
}
"""The mark of each verdict, for readers who cannot see its color."""


def marked(verdict: str) -> str:
    """Write a verdict in words behind its mark."""
    return f"{MARKS.get(verdict, '')} {worded(verdict)}".strip()


KINDS = {
    "paper": "the paper's own assertion",
    "cited": "another's finding that the paper repeats",
    "inferred": "our reading of a sentence that says less",
    "control": "what the paper does not have: would something else do the same?",
    "proxy": "a claim on other networks than the paper's",
}
"""The kinds of rows."""


BASES = {
    "paper scale": "the paper's data, networks and schedule",
    "reduced": "less data, fewer images or a shorter training",
    "proxy": "other networks than the claim's; no such row is counted",
    "exact": "no sample: a property of the definition",
}
"""The data on which a row's numbers rest."""


SEEN = "after the data were seen"
"""The mark of rows whose statistic or limit was written or changed when their data, or a part of them, were known."""


COLUMNS = (
    "id",
    "source",
    "kind",
    "section",
    "claim",
    "short",
    "measure",
    "limit",
    "paper",
    "shown_in",
    "verdict",
    "basis",
)
COLUMNS += ("values", "k_of_n", "ours", "low", "high", "replicates", "setting", "agree", "against", "open", "others")
COLUMNS += ("flips", "fragile", "seen", "note", "judged_on", "superseded")
"""The columns of the ledger."""
