# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import json
import sys

import pytest

from devenv import benchmarks, templates

sys.path.insert(0, str(benchmarks.FOLDER))
import harness  # noqa: E402
from harness import Cost, Measure  # noqa: E402

BENCHMARKS = sorted(
    file.stem
    for file in benchmarks.FOLDER.glob("*.py")
    if file.stem not in benchmarks.NO_BENCHMARKS
)


def test_the_table_tells_ratio_and_growth():
    measures = [
        Measure("Search", Cost(0.2, 4), "leads", Cost(0.1, 2)),
        Measure("Create", Cost(8, 20, cpu=6), "", None, 10),
    ]
    tenths = json.loads(
        harness.as_json(
            [
                Measure("Search", Cost(0.1, 4), "leads", Cost(0.01, 2)),
                Measure("Create", Cost(0.8, 2, cpu=0.5), "", None, 1),
            ]
        )
    )
    assert harness.table(measures, tenths).splitlines() == [
        "| ours : peer | measure | cost | ours | peer | growth | the peer |",
        "|---:|---|---|---:|---:|---:|---|",
        "| 2.00 | Search | time | 200.0 ms | 100.0 ms | 2.0 : 10.0 | leads |",
        "| 2.00 |  | queries | 4 | 2 | 1.0 : 1.0 | leads |",
        "|  | Create | time | 8.0 s |  | 10.0 |  |",
        "|  |  | CPU | 6.0 s |  | 12.0 |  |",
        "|  |  | queries | 2.00 a record |  | 10.0 |  |",
    ]


def test_the_table_of_one_database_has_no_growth():
    weight = Measure("Weight", Cost(disk=5000, wal=20000), "to-dos", Cost(disk=2500, wal=5000), 10)
    assert harness.table([weight]).splitlines() == [
        "| ours : peer | measure | cost | ours | peer | the peer |",
        "|---:|---|---|---:|---:|---|",
        "| 2.00 | Weight | on disk | 500 bytes a record | 250 bytes a record | to-dos |",
        "| 4.00 |  | written to the log | 2,000 bytes a record | 500 bytes a record | to-dos |",
    ]


def test_a_tenth_with_other_measures_is_refused():
    with pytest.raises(ValueError):
        harness.table([Measure("Search", Cost(0.2))], [])


@pytest.mark.parametrize("name", sorted(BENCHMARKS))
def test_what_a_benchmark_says_of_itself_is_understood(name):
    settings = benchmarks._settings(name)
    assert settings.keys() == benchmarks.SETTINGS.keys()
    assert settings["DATABASE"] in {*templates.KINDS, *templates.SEEDED}
