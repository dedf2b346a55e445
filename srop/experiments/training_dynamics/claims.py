"""Claims about watched trainings, inferred from Sec. 6."""

from functools import partial

from srop.experiments.training_dynamics.regimes import HEALTHY
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.verdicts import Finding

_regime_claim = partial(
    claim,
    section="6",
    measure="steps by which it leaves the range of healthy trainings before accuracy does",
    over={
        "signal": ("spread", "mean", "dead share"),
        "layer": ("relu2", "conv2", "pool"),
        "watched": ("accuracy", "loss"),
    },
    shown_in="training",
    paper="a potential use",
    networks=Networks(("digit network",), "training_dynamics"),
    kind="inferred",
    seen=True,
)
"""The paper names the spread of SROPs over channels; we add mean, dead share and loss for comparison."""


def _lead(at: Tables, regime: str) -> Finding:
    """Take the lead in each seed, in steps. The smallest lead that can be seen is one measurement."""
    rows = at.training_told[at.training_told["regime"] == regime]
    if rows.empty:
        raise UntestableError(f"no training was of the regime {regime}")
    healthy = at.training_told[at.training_told["regime"] == HEALTHY]
    alarms = [int(healthy[f"{column}_step"].notna().sum()) for column in ("signal", "watched")]
    never = int(rows["signal_step"].isna().sum())
    note = f"false alarms in {len(healthy)} healthy trainings: {alarms[0]}; of the {at.setting['watched']}: {alarms[1]}"
    note += f"; {never} of {len(rows)} never tell, and count as the measurement after the last" if never else ""
    return Finding(rows.set_index("seed")["lead"].to_dict(), above=0.5, missing="sign of going wrong", note=note)


@_regime_claim("25-rate", text="The spread of SROPs shows too high a learning rate before accuracy does")
def too_high_a_rate(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "high_rate")


@_regime_claim("25-relus", text="The spread of SROPs shows dying ReLUs before accuracy does")
def dying_relus(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "dying_relus")


@_regime_claim("25-labels", text="The spread of SROPs shows permuted labels before accuracy does")
def permuted_labels(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "permuted_labels")
