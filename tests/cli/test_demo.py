import pytest

from hiface_pl.cli.main import main


@pytest.mark.parametrize("options", [["--fraction", "0"], ["--fraction", "1.5"], ["--jobs", "0"]])
def test_settings_out_of_range_are_told(tmp_path, capsys, options):
    assert main(["demo", "--out", str(tmp_path / "demo"), *options]) == 2
    assert "--fraction must lie between 0 and 1" in capsys.readouterr().err


def test_an_output_that_is_no_folder_is_told(tmp_path, capsys):
    (tmp_path / "demo").write_text("a file")
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 2
    assert "cannot write into" in capsys.readouterr().err
