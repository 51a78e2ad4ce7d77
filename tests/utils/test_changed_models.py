"""The listed models, the tested models and the models that the fork changes are compared, in both directions."""

import pytest
from changed_models import Models, changed_by, find_models
from environment import LINES

from overlay.build import built_files
from overlay.layout import DEFAULT_RELEASE, Layout


ALL = frozenset({"llama", "phi"})


@pytest.mark.parametrize(
    ("models", "too_much", "missing"),
    [
        (Models(ALL, ALL, ("llama", "phi")), [], []),
        (Models(ALL, ALL, ("phi",)), [], ["models_changed.txt lacks what the fork changes (1): llama"]),
        (
            Models(ALL, frozenset({"phi"}), ("phi",)),
            [],
            [
                "models_changed.txt lacks what the fork changes (1): llama",
                "tests/models lacks what the fork changes (1): llama",
            ],
        ),
        (
            Models(ALL, ALL, ("bert", "llama", "phi")),
            [
                "models_changed.txt lists what the fork does not change (1): bert",
                "models_changed.txt lists what has no tests (1): bert",
            ],
            [],
        ),
        (
            Models(ALL, ALL | {"bert"}, ("llama", "phi")),
            ["tests/models tests what the fork does not change (1): bert"],
            [],
        ),
        (
            Models(ALL, frozenset({"phi"}), ("llama", "phi")),
            ["models_changed.txt lists what has no tests (1): llama"],
            ["tests/models lacks what the fork changes (1): llama"],
        ),
        (Models(ALL, ALL, ("llama", "phi", "phi")), ["models_changed.txt lists twice (1): phi"], []),
    ],
)
def test_each_difference_is_reported(models, too_much, missing):
    assert (models.too_much(), models.missing()) == (too_much, missing)


def test_a_model_is_changed_if_any_file_in_its_folder_is():
    files = ["modeling_utils.py", "models/phi/modular_phi.py", "models/phi/modeling_phi.py", "models/esm/deep/x.py"]
    assert changed_by(files) == {"phi", "esm"}


def test_this_repository_lists_and_tests_what_the_fork_changes_and_nothing_else():
    layout = Layout()
    models = find_models(layout, DEFAULT_RELEASE)
    assert (models.too_much(), models.missing()) == ([], [])
    text = f"| models that the fork changes; all have tests | {len(models.changed)} | `make models` |"
    assert text in (layout.root / "README.md").read_text()


# Models of the 4.57 line that the fork changes and no test judges, with the changed files.
LEFT_OUT = {
    # Its text model is Persimmon's, which is judged.
    "fuyu": {"fuyu/configuration_fuyu.py"},
    # Its code is not a rotation (src/exempt.yml); the edit lets an axis have a single pair.
    "vjepa2": {"vjepa2/modeling_vjepa2.py"},
    # Upstream keeps these models only for old checkpoints, and does not test them.
    "deprecated": {
        "deprecated/mega/modeling_mega.py",
        "deprecated/open_llama/configuration_open_llama.py",
        "deprecated/open_llama/modeling_open_llama.py",
    },
}


def test_the_older_line_lists_the_changed_models_without_the_excluded_ones():
    layout, release = Layout(), LINES["4.57"].release
    if not layout.source(release).exists():
        pytest.skip(f"there is no fork of {release}: run ./run_tests --line 4.57")
    files = built_files(layout, release)
    listed = (layout.root / "lines/4.57/models_changed.txt").read_text().split()
    assert sorted({*listed, *LEFT_OUT}) == sorted(changed_by(files)) and len(set(listed)) == len(listed)
    for model, changed in LEFT_OUT.items():
        assert {f.removeprefix("models/") for f in files if f.startswith(f"models/{model}/")} == changed
