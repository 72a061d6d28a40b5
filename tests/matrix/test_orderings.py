import math

import pytest

from hiface_pl.matrix.orderings import Verdict, differences
from hiface_pl.matrix.same_data import Line, Spread


def line(
    row: str, kind: str = "detail", seeds: tuple[int, ...] = (0, 1, 2), scans: list[float] | None = None, **faces: list[float]
) -> Line:
    errors = None if scans is None else {"all": Spread.of(scans)}
    return Line(row, kind, seeds, "", errors, {name: Spread.of(values) for name, values in faces.items()}, {}, Spread(1.0), Spread(1.0))


def verdicts(*lines: Line) -> dict[tuple[str, str], Verdict]:
    return {(each.row, each.quantity): each.verdict for each in differences(lines)}


def test_seeds_are_compared_one_by_one() -> None:
    whole = line("hiface_d", static_map=[0.10, 0.20, 0.30])
    (found,) = differences([whole, line("sd1", static_map=[0.11, 0.21, 0.312])])
    assert found.spread.mean == pytest.approx(0.0107, abs=1e-4)
    assert found.noise == pytest.approx(found.spread.std / math.sqrt(3))
    assert found.verdict is Verdict.WORSE  # though each row spreads ten times as far
    assert found.told == "+0.0107 ± 0.0012 worse"
    assert verdicts(whole, line("sd1", static_map=[0.10004, 0.20004, 0.30004]))["sd1", "static_map"] is Verdict.NOISE  # shown as 0.0000
    assert verdicts(whole, line("sd1", static_map=[0.09, 0.21, 0.29]))["sd1", "static_map"] is Verdict.NOISE
    assert verdicts(whole, line("sd1", static_map=[0.09, 0.19, 0.29]))["sd1", "static_map"] is Verdict.BETTER


def test_only_seeds_that_both_have_count() -> None:
    whole = line("hiface_d", seeds=(1, 2, 5), pose=[9.0, 9.0, 9.0], landmarks=[1.0, 2.0, 3.0])
    (found,) = differences([whole, line("wo_kd", seeds=(2,), landmarks=[7.0])])
    assert found.spread.values == (5.0,)
    assert found.noise == pytest.approx(math.sqrt(2))  # of two seeds of the whole method
    assert found.verdict is Verdict.WORSE
    assert differences([whole, line("wo_kd", seeds=(0,), landmarks=[7.0])]) == []


def test_one_seed_of_both_says_nothing() -> None:
    lines = [line("hiface_d", seeds=(0,), landmarks=[1.0]), line("sd2", seeds=(0,), landmarks=[2.0])]
    assert verdicts(*lines)["sd2", "landmarks"] is Verdict.UNKNOWN


def test_rows_from_another_start_are_compared_with_the_control_where_there_is_one() -> None:
    whole, control = line("hiface_d", landmarks=[1.0, 1.1, 1.2]), line("anew", landmarks=[2.0, 2.1, 2.2])
    rows = [line(row, landmarks=[3.0, 3.1, 3.2]) for row in ("wo_kl", "wo_shp", "hiface_d_wo_syn", "wo_kd")]
    against = {each.row: each.against for each in differences([whole, control, *rows])}
    assert against == {"anew": "hiface_d", "wo_kl": "anew", "wo_shp": "anew", "hiface_d_wo_syn": "anew", "wo_kd": "hiface_d"}
    assert {each.against for each in differences([whole, *rows])} == {"hiface_d"}


def test_scans_compare_the_finest_mesh_and_coarse_rows_their_own_reference() -> None:
    scans = {
        "hiface_d": [line("hiface_d", "coarse", scans=[9.0, 9.0, 9.0]), line("hiface_d", scans=[1.0, 1.1, 1.2])],
        "others": [line("hiface_c", "coarse", scans=[1.2, 1.3, 1.4]), line("hiface_c_wo_syn", "coarse", scans=[1.2, 1.3, 1.4])],
    }
    found = {each.row: each for each in differences([*scans["hiface_d"], *scans["others"]])}
    assert found["hiface_c"].spread.mean == pytest.approx(0.2)
    assert found["hiface_c_wo_syn"].against == "hiface_c"
    assert found["hiface_c_wo_syn"].verdict is Verdict.NOISE
