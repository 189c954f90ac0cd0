"""What earlier versions of the page wrote is read for ever, whatever becomes of the table.

tests/golden has the links and files, and what they must read as. Here they are opened by this
page, and by pages of the future: copies of the package whose table of hyperparameters
has been changed as somebody may change it.
"""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import microgpt
from golden import make, make_changed
from microgpt import MicrogptError, Session
from microgpt.gpt.hyperparameters import Hyperparameters
from microgpt.settings import table
from microgpt.sharing import checkpoint, formats, links
from microgpt.sharing.formats import VERSION_1
from microgpt.sharing.saved import SavedModel

TESTS = Path(make.__file__).parents[1]
GOLDEN = TESTS / "golden"
EXPECTED: dict[str, dict[str, Any]] = {
    folder.name: json.loads((folder / "expected.json").read_text())
    for folder in (*sorted(GOLDEN.glob("v*")), GOLDEN / "running-text")
}
V1 = sorted(EXPECTED["v1"])
V2 = sorted(EXPECTED["v2"])
WITH_FAVOURITES = sorted(EXPECTED["v1-favourites"])
# Rows added to the table since version 1, and the value of each that means "as before".
LATER = {
    row.name: row.default if row.metadata["before"] is None else row.metadata["before"]
    for row in dataclasses.fields(Hyperparameters)
    if row.name not in {frozen.name for frozen in VERSION_1}
}


def assert_reads(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """It says what is expected; rows that were added later mean "as before"."""
    said, known = found["hyperparameters"], expected["hyperparameters"]
    before = {"example_rate": 0.0} | LATER
    assert {n: v for n, v in said.items() if n not in known} == {
        n: before[n] for n in said if n not in known
    }
    assert facts(found) | {"hyperparameters": {n: said[n] for n in known}} == facts(expected)


def facts(found: dict[str, Any]) -> dict[str, Any]:
    """What the provenance says, in the words of this page: "lines", and its own after a recipe."""
    said = found["provenance"].replace(" documents", " lines")
    return found | {
        "provenance": said.partition(" steps")[0] if found["kind"] == "recipe" else said
    }


# --- by this page --------------------------------------------------------------------------


def test_every_golden_file_is_expected() -> None:
    for folder, expected in EXPECTED.items():
        files = {path.name for path in (GOLDEN / folder).iterdir()}
        assert files == {*expected, "expected.json", make.EXAMPLE}


@pytest.mark.parametrize("name", V1)
def test_what_version_1_wrote_reads_as_ever_and_leads_where_it_led(name: str) -> None:
    assert_reads(make.reading(GOLDEN / "v1", name), EXPECTED["v1"][name])


@pytest.mark.parametrize("name", V1)
def test_it_is_written_as_ever(name: str) -> None:
    """Byte for byte, so that pages that are older than this one can open it."""
    data = (GOLDEN / "v1" / name).read_bytes()
    if name.endswith(".safetensors"):
        assert checkpoint.write(*checkpoint.read(data, name)) == data
        return
    found = links.read_link(data.decode())
    assert links.fragment(data.decode()) + "\n" == data.decode()
    if name == "model-of-file.link":
        model, _ = checkpoint.read((GOLDEN / "v1" / "model.safetensors").read_bytes(), "")
        assert links.model_link(model, 900 - len(make.SITE)) + "\n" == data.decode()
    elif not isinstance(found, SavedModel):
        assert links.recipe_link(found, 4000) + "\n" == data.decode()


@pytest.mark.parametrize("name", WITH_FAVOURITES)
def test_runs_with_favourites_read_as_ever_and_are_written_so(name: str) -> None:
    folder = "v1-favourites"
    assert_reads(make.reading(GOLDEN / folder, name), EXPECTED[folder][name])
    data = (GOLDEN / folder / name).read_bytes()
    assert checkpoint.write(*checkpoint.read(data, name)) == data


@pytest.mark.parametrize("name", V2)
def test_what_a_newer_page_wrote_is_said_to_be_newer(name: str) -> None:
    with pytest.raises(
        MicrogptError,
        match=r"made by a newer version of this page: it has the setting example_rate, which this "
        "page doesn't know. Reload the page",
    ):
        make.opened(GOLDEN / "v2", name)


@pytest.mark.parametrize("name", sorted(EXPECTED["v2-recipe"]))
def test_what_was_written_of_warm_up_and_weight_decay_reads_as_ever(name: str) -> None:
    folder = "v2-recipe"
    assert_reads(make.reading(GOLDEN / folder, name), EXPECTED[folder][name])
    said = EXPECTED[folder][name]["hyperparameters"]
    assert (said["warmup"], said["weight_decay"]) == (10, 0.1)


def test_what_was_written_of_running_text_reads_as_ever_and_leads_where_it_led() -> None:
    name = "run-of-running-text.safetensors"
    folder, expected = GOLDEN / "running-text", EXPECTED["running-text"][name]
    assert_reads(make.reading(folder, name), expected)
    data = (folder / name).read_bytes()
    assert checkpoint.write(*checkpoint.read(data, name)) == data


@pytest.mark.parametrize("name", [make_changed.RUN, make_changed.RECIPE, make_changed.MODEL])
def test_what_changed_code_made_reads_as_ever_and_leads_where_it_led(name: str) -> None:
    folder = GOLDEN / "changed-code"
    expected = json.loads((folder / "expected.json").read_text())[name]
    told, led = make_changed.told(folder, name), make_changed.led(folder, name)
    if "refused" in expected:
        assert told | led == expected
        return
    said, known = told["hyperparameters"], expected["hyperparameters"]
    assert {each: LATER[each] for each in said if each not in known} == {
        each: said[each] for each in said if each not in known
    }
    assert told | led | {"hyperparameters": {each: said[each] for each in known}} == expected


# --- the table -----------------------------------------------------------------------------


@pytest.mark.parametrize("frozen", VERSION_1, ids=lambda row: row.name)
def test_the_table_still_holds_all_of_version_1(frozen: formats.Row) -> None:
    row = next((entry for entry in table() if entry["name"] == frozen.name), None)
    old = "Links and files that were shared long ago need it"
    assert row, f"{frozen.name} must stay in the table, under this name. {old}."
    assert row["type"] == frozen.type, f"{frozen.name} must stay {frozen.type}. {old}."
    if frozen.type == "choice":
        missing = set(frozen.choices) - set(row["choices"])
        assert not missing, f"{frozen.name} must keep the choice {missing}. {old}."
    else:
        assert row["minimum"] is not None
        assert row["maximum"] is not None
        assert row["minimum"] <= frozen.minimum <= frozen.maximum <= row["maximum"], (
            f"The range of {frozen.name} may become wider, but not narrower than from "
            f"{frozen.minimum} to {frozen.maximum}. {old}."
        )


def test_every_later_row_says_what_was_before_it() -> None:
    rows = {row.name: row for row in dataclasses.fields(Hyperparameters)}
    for name in LATER:
        assert rows[name].metadata["before"] is not None, (
            f"Add before=… to the row {name} in gpt/hyperparameters.py: the value with which a run "
            f"does what it did before there was {name}. It is what links and files without it "
            "mean, so it never changes, even if the default does."
        )


# --- by pages of the future ----------------------------------------------------------------

HYPERPARAMETERS, STREAMS = "gpt/hyperparameters.py", "gpt/random_streams.py"
NEW_ROW = """\
    example_rate: float = _number({default}, 0.0, 0.5, "", "Does nothing."{before})
    beta1: float ="""
Patches = dict[str, dict[str, str]]
PAGES: dict[str, Patches] = {
    "a new row": {
        HYPERPARAMETERS: {"    beta1: float =": NEW_ROW.format(default=0.0, before="")},
    },
    "other defaults": {
        HYPERPARAMETERS: {
            "    beta1: float =": NEW_ROW.format(default=0.25, before=", before=0.0"),
            "_number(1000, 1, 1_000_000": "_number(2000, 0, 2_000_000",
            "n_layer: int = _number(1, 1, 8": "n_layer: int = _number(2, 0, 12",
            "        0.01, 1e-6, 1.0": "        0.02, 1e-9, 1.0",
            "_number(42, 0": "_number(43, -5",
            '        "python",': '        "xorshift",',
        },
    },
    "another choice": {
        STREAMS: {
            '    "python": PythonStream,': '    "a": XorshiftStream, "python": PythonStream,'
        },
        HYPERPARAMETERS: {"n_layer: int = _number(1, 1, 8": "n_layer: int = _number(1, 1, 12"},
    },
}


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a package of the future."""
    return patched(tmp_path_factory.mktemp("page"), PAGES[request.param])


@pytest.fixture(scope="module")
def with_a_new_row(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patched(tmp_path_factory.mktemp("page"), PAGES["a new row"])


@pytest.fixture(scope="module")
def with_another_choice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patched(tmp_path_factory.mktemp("page"), PAGES["another choice"])


def patched(folder: Path, patches: Patches) -> Path:
    package = shutil.copytree(
        Path(microgpt.__file__).parent,
        folder / "microgpt",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for file, changes in patches.items():
        source = (package / file).read_text()
        for before, after in changes.items():
            assert source.count(before) == 1, f"{before} in {file}"
            source = source.replace(before, after)
        (package / file).write_text(source)
    return folder


def on(page: Path, code: str, *arguments: str) -> Any:
    """What code prints as JSON, with the package of a page."""
    result = subprocess.run(
        [sys.executable, "-c", f"import json, sys\nfrom pathlib import Path\n{code}", *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(page), str(TESTS)])},
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr.decode()
    return json.loads(result.stdout)


READ = """
from golden import make
folder = Path(sys.argv[1])
print(json.dumps({name: make.reading(folder, name) for name in sys.argv[2:]}))
"""


def test_a_page_of_the_future_reads_all_that_version_1_wrote(page: Path) -> None:
    found = on(page, READ, str(GOLDEN / "v1"), *V1)
    for name in V1:
        assert_reads(found[name], EXPECTED["v1"][name])


def test_a_new_row_costs_nothing_where_it_does_nothing(with_a_new_row: Path) -> None:
    code = """
from golden import make
folder = Path(sys.argv[1])
make.MORE = json.loads(sys.argv[2])
text = (folder / make.EXAMPLE).read_bytes()
for name in sys.argv[3:]:
    assert make.FILES[name](text) == (folder / name).read_bytes(), name
print(1)
"""
    names = ("model-of-file.link", "recipe-text.link", "recipe-example.link", "model.safetensors")
    on(with_a_new_row, code, str(GOLDEN / "v1"), json.dumps(LATER), *names)


def test_what_version_2_wrote_reads_as_ever(with_a_new_row: Path) -> None:
    found = on(with_a_new_row, READ, str(GOLDEN / "v2"), *V2)
    for name in V2:
        assert_reads(found[name], EXPECTED["v2"][name])


def written(page: Path, more: dict[str, Any], folder: Path) -> Iterator[tuple[str, Any]]:
    """Links and files of a page's runs with some settings, and how it reads them itself."""
    shutil.copy(GOLDEN / "v1" / make.EXAMPLE, folder)
    names = ("model-of-file.link", "recipe-text.link", "model.safetensors", "run.safetensors")
    code = "from golden import make\nmake.main(Path(sys.argv[1]), *sys.argv[2:])\nprint(1)"
    on(page, code, str(folder), json.dumps(LATER | more), *names)
    found = json.loads((folder / "expected.json").read_text())
    for name in names:
        yield name, found[name]


def test_a_new_rows_value_comes_back_and_this_page_says_that_it_is_newer(
    with_a_new_row: Path, tmp_path: Path
) -> None:
    for name, found in written(with_a_new_row, {"example_rate": 0.3}, tmp_path):
        assert found["hyperparameters"]["example_rate"] == 0.3
        assert found.get("same", True)
        with pytest.raises(
            MicrogptError, match=r"newer version.*: it has the setting example_rate"
        ):
            make.opened(tmp_path, name)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"random_stream": "a"}, "random_stream must be python or xorshift, not 'a'"),
        ({"n_layer": 9}, "n_layer must be a whole number from 1 to 8, not 9"),
    ],
)
def test_so_do_new_choices_and_wider_ranges(
    with_another_choice: Path, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    for name, found in written(with_another_choice, more, tmp_path):
        assert found["hyperparameters"].items() >= more.items()
        assert found.get("same", True)
        with pytest.raises(MicrogptError, match=f"newer version of this page: here, {words}"):
            make.opened(tmp_path, name)


def test_a_version_that_is_newer_still_says_so() -> None:
    data = (GOLDEN / "v1" / "model.safetensors").read_bytes()
    data = data.replace(b'"format_version":"1"', b'"format_version":"9"')
    with pytest.raises(MicrogptError, match=r"newer version of this page: it has format 9.*Reload"):
        Session().open_file(data, "a")
