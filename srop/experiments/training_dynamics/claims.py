"""What Sec. 6 leads one to expect of trainings that are watched."""

from functools import partial

from srop.experiments.training_dynamics.regimes import HEALTHY
from srop.ledger.evidence import Tables, UntestableError
from srop.ledger.judge import Networks, claim
from srop.ledger.verdicts import Finding

_of_regime = partial(
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
)
"""The paper names the spread of SROPs over channels; mean, dead share and loss are ours to compare."""


def _lead(at: Tables, regime: str) -> Finding:
    """Take the lead in each seed, a whole number of steps; one measurement's is the least that can be seen."""
    rows = at.training_told[at.training_told["regime"] == regime]
    if rows.empty:
        raise UntestableError(f"no training was of the regime {regime}")
    healthy = at.training_told[at.training_told["regime"] == HEALTHY]
    alarms = [int(healthy[f"{which}_step"].notna().sum()) for which in ("signal", "watched")]
    never = int(rows["signal_step"].isna().sum())
    note = f"false alarms in {len(healthy)} healthy trainings: {alarms[0]}; of the {at.setting['watched']}: {alarms[1]}"
    note += f"; {never} of {len(rows)} never tell, and count as the measurement after the last" if never else ""
    return Finding(rows.set_index("seed")["lead"].to_dict(), above=0.5, missing="sign of going wrong", note=note)


@_of_regime("25-rate", text="The spread of SROPs shows too high a learning rate before accuracy does")
def too_high_a_rate(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "high_rate")


@_of_regime("25-relus", text="The spread of SROPs shows dying ReLUs before accuracy does")
def dying_relus(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "dying_relus")


@_of_regime("25-labels", text="The spread of SROPs shows permuted labels before accuracy does")
def permuted_labels(at: Tables) -> Finding:
    """See :func:`_lead`."""
    return _lead(at, "permuted_labels")
