"""An experiment is a set of new files, one line in the Snakefile and one in the base configuration."""

import shutil

import pandas as pd
import pytest
from runs import planned, snakemake

pytestmark = pytest.mark.slow

FILES = {
    "srop/experiments/toy/__init__.py": '"""Rows of numbers."""\n',
    "srop/experiments/toy/section.py": '''"""The section ``toy`` of the configuration."""

from srop.pipeline.keys import Count, Keys, key


class Section(Keys):
    """Rows of numbers."""

    count: Count = key("how many numbers there are")
    power: int = key("to which they are raised")
''',
    "srop/experiments/toy/measure.py": '''"""Powers."""


def power(values, exponent):
    return values**exponent
''',
    "srop/experiments/toy/figures.py": '''"""The figure."""

from matplotlib.figure import Figure


def figure_toy(table):
    figure = Figure()
    figure.subplots().plot(table["x"], table["y"])
    return figure
''',
    "srop/experiments/toy/claims.py": '''"""The claim."""

from srop.ledger.judge import Networks, claim
from srop.ledger.evidence import Tables
from srop.ledger.verdicts import Finding

NOBODY = Networks((), "toy")


@claim("99", "1", "It rises", over={}, measure="last", shown_in="toy", paper="> 0", networks=NOBODY)
def rises(at: Tables) -> Finding:
    """Take the last value."""
    return Finding({"last": at.toy["y"].iloc[-1]}, above=0, replicates="exact")
''',
    "config/toy.yaml": "# @package toy\ncount: 4\npower: 2\n",
    "workflow/toy/measure.py": '''"""Measure them."""

import pandas as pd

from srop.experiments.toy.measure import power
from srop.pipeline.io import export_table
from srop.pipeline.stage import stage


@stage(reads=["toy"])
def main(values, *, powers):
    table = pd.DataFrame({"x": range(values.toy.count)})
    export_table(table.assign(y=power(table["x"], values.toy.power)), powers)
''',
    "workflow/toy/figure.py": '''"""Draw them."""

from srop.experiments.toy.figures import figure_toy
from srop.pipeline.io import read_table, write_figure
from srop.pipeline.stage import stage
from srop.style import style


@stage()
def main(values, *, table, stem):
    powers = read_table(table)
    style()
    write_figure(figure_toy(powers), stem, powers)
''',
    "workflow/toy/rules.smk": """
use rule job as measure_toy with:
    output:
        powers=table("toy"),


use rule job as figure_toy with:
    input:
        table=parquet("toy"),
    output:
        figure("toy", "8 Toy", "Toy"),


SCALES["toy"] = scale(f"{EXPERIMENT.toy.count} numbers", "toy")
JUDGED_TABLES["toy"] = parquet("toy")
WHOLE_RUN += rules.measure_toy.output


rule toy:
    input:
        rules.measure_toy.output,
""",
    "workflow/toy/toy.rst": "Numbers.\n",
}
NEW = {"measure_toy": 1, "figure_toy": 1, "claims": 1, "figure_claims": 1}
AFTER = {"provenance": 1, "figure_runtime": 1, "report": 1, "all": 1}


@pytest.fixture(scope="module")
def with_toy(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    shutil.copytree(project, folder, dirs_exist_ok=True)
    for name, content in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(content)
    for name, before, line in (
        ("Snakefile", 'include: "workflow/claims/rules.smk"\n', 'include: "workflow/toy/rules.smk"\n'),
        ("config/base.yaml", "  - figures\n", "  - toy\n"),
    ):
        text = (folder / name).read_text()
        assert before in text
        (folder / name).write_text(text.replace(before, line + before))
    return folder


def test_a_new_experiment_is_ten_files_and_reruns_no_other(with_toy):
    assert len(FILES) == 10
    assert planned(with_toy) == NEW | AFTER


def test_a_new_experiment_is_measured_drawn_and_judged(with_toy):
    result = snakemake(with_toy, "figures", "claims")
    assert result.returncode == 0, result.stdout + result.stderr
    results = with_toy / "results" / "smoke"
    assert pd.read_csv(results / "figures" / "toy.csv")["y"].tolist() == [0, 1, 4, 9]
    row = pd.read_csv(results / "tables" / "claims.csv", dtype={"id": str}).set_index("id").loc["99"]
    assert (row["verdict"], row["ours"], row["judged_on"]) == ("reproduced", 9, "smoke: 4 numbers")


def test_its_values_are_checked_and_tracked(with_toy):
    refused = snakemake(with_toy, "toy", "--dry-run", config=("preset=smoke", "name=x", "set=toy.count=0"))
    assert refused.returncode
    assert "toy.count=0" in refused.stdout + refused.stderr
    config = with_toy / "config" / "toy.yaml"
    before = config.read_text()
    config.write_text(before.replace("power: 2", "power: 3"))
    assert planned(with_toy, "figure_toy") == {"measure_toy": 1, "figure_toy": 1}
    config.write_text(before)


def test_an_unused_function_of_it_reruns_nothing_of_others(with_toy):
    for module in ("measure", "figures"):
        with (with_toy / "srop" / "experiments" / "toy" / f"{module}.py").open("a") as file:
            file.write("\n\ndef unused():\n    return 1\n")
    assert (
        planned(
            with_toy, "digits", "backbones", "figure1", "figure2", "figure3", "figure4", "figure5", "figure_intrinsic"
        )
        == {}
    )
    assert planned(with_toy, "figure_toy") == {"measure_toy": 1, "figure_toy": 1}
