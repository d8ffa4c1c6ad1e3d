"""Planning a batch: names by template, and no output over an input or another output, whatever the names."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.errors import OutputError
from stream.jobs.batch import BatchItem, fill, plan
from stream.jobs.targets import Target


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{name}", "clip.one.MP4"),
        ("{stem}-swapped{suffix}", "clip.one-swapped.MP4"),
        ("{parent}-{number:03}.mkv", "clips-007.mkv"),
        ("{{{stem}}}.mp4", "{clip.one}.mp4"),
    ],
)
def test_a_template_is_filled(template: str, name: str) -> None:
    assert fill(template, Path("clips/clip.one.MP4"), 7) == name


def test_photos_of_phones_get_an_ending_that_is_written() -> None:
    assert fill("{name}", Path("IMG_1.HEIC"), 1) == "IMG_1.jpg"


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{title}.mp4", "{title} is no field; take {name}, {stem}"),
        ("{stem.upper}.mp4", "is no field"),
        ("{stem!r}.mp4", "is no field"),
        ("{stem", "--name {stem: "),
        ("{stem:07d}.mp4", "--name {stem:07d}.mp4: "),
        ("out/{name}", "is no file name"),
        ("", "is no file name"),
        ("..", "is no file name"),
        ("{stem}", "has no ending"),
    ],
)
def test_a_template_that_names_no_file_is_told(template: str, said: str) -> None:
    with pytest.raises(OutputError, match=re.escape(said)):
        fill(template, Path("clip.mp4"), 1)


def test_files_found_deeper_go_as_deep_below_the_outputs() -> None:
    made = plan([Target(Path("in/sub/a.mp4"), Path("sub"), True), Target(Path("b.mp4"))], Path("out"))
    assert made.items == (
        BatchItem(Path("in/sub/a.mp4"), Path("out/sub/a.mp4")),
        BatchItem(Path("b.mp4"), Path("out/b.mp4")),
    )
    made.check()


def test_two_targets_with_one_output_are_told_with_a_template_that_helps() -> None:
    targets = [Target(Path("a/clip.mp4")), Target(Path("b/clip.mp4"))]
    with pytest.raises(OutputError, match=r"a/clip.mp4 and b/clip.mp4 would both become out/clip.mp4.*\{parent\}"):
        plan(targets, Path("out")).check()
    plan(targets, Path("out"), "{parent}-{name}").check()


def test_an_output_over_an_input_or_a_source_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "b.mp4").symlink_to(tmp_path / "a.mp4")
    a, b = Target(tmp_path / "a.mp4"), Target(tmp_path / "b.mp4")
    for targets, folder, read in (
        ([a], tmp_path, ()),
        ([a, b], tmp_path / "out", ()),
        ([b], tmp_path / "n", [tmp_path / "n/b.mp4"]),
    ):
        with pytest.raises(OutputError, match="would overwrite the input"):
            plan(targets, folder, read=read).check()


def test_a_second_run_into_the_same_folder_passes_the_first_ones_outputs() -> None:
    targets = [Target(Path("in") / name, Path(), True) for name in ("a.mp4", "a-swapped.mp4", "a-swapped-swapped.mp4")]
    made = plan(targets, Path("in"), "{stem}-swapped{suffix}")
    assert made.items == (BatchItem(Path("in/a.mp4"), Path("in/a-swapped.mp4")),)
    assert made.passed == (Path("in/a-swapped-swapped.mp4"), Path("in/a-swapped.mp4"))
    named = plan([Target(target.path) for target in targets[:2]], Path("in"), "{stem}-swapped{suffix}")
    assert len(named.errors) == 1, "what was named is not passed by"


def test_many_collisions_are_cut_short() -> None:
    targets = [Target(Path(f"{number}/clip.mp4")) for number in range(20)]
    with pytest.raises(OutputError, match="and 14 more such"):
        plan(targets, Path("out")).check()


def test_outputs_that_are_there_are_listed(tmp_path: Path) -> None:
    (tmp_path / "b.mp4").write_bytes(b"x")
    made = plan([Target(Path("a.mp4")), Target(Path("b.mp4"))], tmp_path)
    assert made.existing == (tmp_path / "b.mp4",)


FOLDERS = st.sampled_from(["in", "in/sub", "out", "."])
NAMES = st.sampled_from(["a.mp4", "a.mkv", "b.mp4", "a-swapped.mp4", "1.mp4", "x.heic", "x.jpg"])
TEMPLATES = st.sampled_from(
    ["{name}", "{stem}-swapped{suffix}", "{stem}.mp4", "{parent}-{name}", "{number}.mp4", "x.jpg"]
)


@given(
    st.lists(st.tuples(FOLDERS, NAMES, st.booleans()), min_size=1, max_size=8, unique_by=lambda t: t[:2]),
    FOLDERS,
    TEMPLATES,
)
def test_a_plan_without_errors_overwrites_nothing_it_reads_and_writes_nothing_twice(
    files: list[tuple[str, str, bool]], folder: str, template: str
) -> None:
    targets = [Target(Path(where) / name, Path(), found) for where, name, found in files]
    made = plan(targets, Path(folder), template)
    inputs, outputs = {item.target for item in made.items}, [item.output for item in made.items]
    assert inputs | set(made.passed) == {target.path for target in targets}
    assert set(made.passed) <= {target.path for target in targets if target.found}
    clean = len(set(outputs)) == len(outputs) and not inputs & set(outputs)
    assert clean == (not made.errors)


def test_previews_and_reports_are_named_after_the_outputs(tmp_path: Path) -> None:
    targets = (Target(Path("a/clip.mp4"), Path("a")), Target(Path("b.mp4")))
    made = plan(targets, Path("out"), "{stem}.mkv", previews=Path("shots"), reports=tmp_path)
    assert made.items[0] == BatchItem(
        Path("a/clip.mp4"), Path("out/a/clip.mkv"), Path("shots/a/clip.mkv.png"), tmp_path / "a" / "clip.mkv.json"
    )
    assert made.items[1].written == (Path("out/b.mkv"), Path("shots/b.mkv.png"), tmp_path / "b.mkv.json")
    (tmp_path / "b.mkv.json").touch()
    assert made.errors == () and made.existing == (tmp_path / "b.mkv.json",)


def test_a_preview_over_an_input_or_an_output_is_told() -> None:
    targets = (Target(Path("in/a.mp4")), Target(Path("in/a.mp4.png")))
    (error,) = plan(targets, Path("out"), previews=Path("in")).errors[:1]
    assert error.startswith("the preview in/a.mp4.png would overwrite the input in/a.mp4.png; take another --preview")
    (error,) = plan(targets, Path("out"), previews=Path("out")).errors
    assert error.startswith("in/a.mp4 and in/a.mp4.png would both become out/a.mp4.png")
