"""Judge claims about recorded networks anew in the ledger of a recorded run."""

from pathlib import Path

from srop.ledger.judge import all_claims, ledger
from srop.ledger.judged_runs import recorded_runs
from srop.ledger.recorded import renew_ledger
from srop.pipeline.stage import stage


@stage()
def main(values, *, ledger_run, recorded, runs, tables):
    judged = recorded_runs(Path(recorded), runs, tables)
    claims = [claim for claim in all_claims() if judged.get(claim.networks.section)]
    order = [claim.id for claim in all_claims()]
    renew_ledger(Path(recorded) / ledger_run, *ledger(judged, claims), order=order)
    print(f"{ledger_run}: judged anew: {', '.join(claim.id for claim in claims)}")
