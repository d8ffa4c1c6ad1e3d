"""`understudy identity`: source faces with the consent to use them, and the list of faces that are refused."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engines.errors import UnderstudyError
from engines.extras import install
from stream.untrusted.text import printable, quoted

if TYPE_CHECKING:
    from stream.consent.package import IdentityStore, Package

app = typer.Typer(
    help="Source faces with the consent to use them.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
deny = typer.Typer(help="Faces that this computer refuses to use.", no_args_is_help=True)
app.add_typer(deny, name="deny")

_PULL = f"`{install('identity')}` or `understudy models pull arcface_w600k_r50`"
Name = Annotated[str, typer.Argument(metavar="NAME")]
Json = Annotated[bool, typer.Option("--json", help="The answer for programs.")]


@app.command()
def add(
    name: Annotated[str, typer.Option(help="What to call it: letters, digits, - _ .")],
    photos: Annotated[list[Path] | None, typer.Argument(metavar="[PHOTO]...", help="Photos of one person.")] = None,
    origin: Annotated[Path | None, typer.Option("--from", metavar="DIR", help="A set that `build` made.")] = None,
    consent: Annotated[str, typer.Option(metavar="TEXT", help='"who, when, what for"')] = "",
    expires: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Last day the consent holds.")] = None,
    is_self: Annotated[bool, typer.Option("--self", help="It is your own face.")] = False,
) -> None:
    """Keep a person's photos together with their consent."""
    from stream.consent.embedder import embed_photos, open_finder  # heavy: networks; the other commands do without
    from stream.consent.photos import read_photos

    photos = _chosen(photos or [], origin)
    read_photos(photos)  # what is no picture is told by the name that the user gave
    made = _wardrobe().add(name, photos, consent, datetime.now(UTC), _day(expires), is_self=is_self, embed=embed_photos)
    typer.echo(f"{made.name}: {_photos(made)}, {'with' if made.embedder else 'without'} embedding, in {made.folder}")
    if open_finder() is None:
        typer.echo("note: the photos were not looked at for a face; `understudy models pull` first for that", err=True)
    elif made.embedder is None and len(photos) > 1:
        typer.echo(f"note: whether all photos show one person was not looked at; {_PULL} for that", err=True)


@app.command()
def build(
    videos: Annotated[list[Path], typer.Argument(metavar="VIDEO...", help="Videos of the same one or two people.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the sets.")],
    people: Annotated[
        int | None, typer.Option(metavar="1|2", help="Whose sets; as it turns out, if not given.")
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames that are looked at, a second.")] = 5.0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was stopped.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Make sets of the pictures of each person of a video that are worth having: anchors, coverage, challenge."""
    from tools.cli.progress import open_progress
    from tools.identity.build import BuildOptions, lines, run

    wanted = BuildOptions(tuple(videos), to, people, fps, resume)
    wanted.check()
    with open_progress(None, quiet=quiet, label="looking") as bar:
        built, sets = run(wanted, lambda _video, _seconds: bar.tick())
    for line in lines(built, sets):
        typer.echo(line)
    typer.echo(f"{to / 'sheet.jpg'} shows them all; `understudy identity add --from {to / 'person_0'}` keeps one with"
               " its consent")  # fmt: skip


@app.command("list")
def list_(as_json: Json = False) -> None:
    """All identities, and whether their consent still holds."""
    wardrobe, today = _wardrobe(), datetime.now(UTC).date()
    rows: list[dict[str, object]] = []
    for name in wardrobe.names():
        try:
            rows.append(_told(wardrobe.get(name), today))
        except UnderstudyError as error:
            rows.append({"name": name, "usable": False, "problem": str(error)})
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        typer.echo(f"{row['name']}: {row.get('problem') or _line(row)}")
    if not rows:
        typer.echo('no identities yet; make one with `understudy identity add PHOTO --name N --consent "..."`')


@app.command()
def show(name: Name, as_json: Json = False) -> None:
    """Everything kept of one identity."""
    told = _told(_wardrobe().get(name), datetime.now(UTC).date())
    if as_json:
        typer.echo(json.dumps(told, indent=2))
        return
    for key, value in told.items():
        typer.echo(f"{key}: {'-' if value is None else printable(value, 2000)}")


@app.command()
def remove(name: Name) -> None:
    """Delete an identity: photos, embedding and consent record."""
    count = _wardrobe().remove(name)
    typer.echo(f"{name}: {count} files removed; exports and finished videos are not touched")


@app.command()
def export(name: Name, into: Annotated[Path, typer.Argument(metavar="FILE.zip", help="A new file.")]) -> None:
    """Write an identity with everything in it to a zip that only you can read."""
    _wardrobe().export(name, into)
    typer.echo(f"{into}: holds photos and a consent record; keep it as safe as the original")


@deny.command("add")
def deny_add(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO...", help="Photos of one person; not kept.")],
    label: Annotated[str, typer.Option(help="What refusals and logs call it; need not be a name.")],
) -> None:
    """Refuse a face from now on. Only its embedding is kept."""
    from calib.denylist import DenyList, DenyListError, load, save
    from stream.consent.denied import denylist_path, editing
    from stream.consent.embedder import embed_photos
    from stream.consent.photos import read_photos

    path = denylist_path()
    digest = load(path).embedder if path.exists() else ""  # what is there is added to with the same network
    made = embed_photos(read_photos(photos), digest)
    if made is None:
        raise DenyListError(f"faces can be told apart only with a network; {_PULL} first")
    if pair := made.two_people():
        one, other = (photos[index].name for index in pair)
        raise DenyListError(f"{one} and {other} show two different people; refuse each under a label of their own")
    path.parent.mkdir(parents=True, exist_ok=True)
    with editing(path):
        fresh = DenyList(made.embedder, (), made.bounds.denied, made.metric)
        old = load(path) if path.exists() else fresh
        if old.entries and old.embedder != made.embedder:
            raise DenyListError(f"{path} was made with another network; move it away and add its people anew")
        kept = old if old.embedder == made.embedder else fresh
        save(kept.with_entry(label, made.mean), path)
    typer.echo(f"{label}: refused from now on")


@deny.command("list")
def deny_list() -> None:
    """The labels of all refused faces."""
    from calib.denylist import load
    from stream.consent.denied import denylist_path

    entries = load(denylist_path()).entries if denylist_path().exists() else ()
    for entry in entries:
        typer.echo(entry.label)
    if not entries:
        typer.echo("nobody is refused; `understudy identity deny add PHOTO --label L` refuses a face", err=True)


@deny.command("remove")
def deny_remove(label: Annotated[str, typer.Argument(metavar="LABEL")]) -> None:
    """Take a face off the list."""
    from calib.denylist import DenyListError, load, save
    from stream.consent.denied import denylist_path, editing

    path = denylist_path()
    if not path.exists():
        raise DenyListError(f"nobody is refused: there is no deny list at {path}")
    with editing(path):
        save(load(path).without(label), path)
    typer.echo(f"{label}: no longer refused")


def _chosen(photos: list[Path], origin: Path | None) -> list[Path]:
    """The photos that were named, or those of a set."""
    from stream.consent.identity_set import set_photos

    if origin is None:
        if not photos:
            raise UnderstudyError("an identity needs a photo; name one or more, or a set with --from DIR")
        return photos
    if photos:
        raise UnderstudyError("--from DIR takes the pictures of a set; name no photo beside it")
    found = set_photos(origin)
    if found is None:
        raise UnderstudyError(
            f"--from {origin} is no identity set; `understudy identity build` makes them: DIR/person_0"
        )
    return list(found)


def _wardrobe() -> "IdentityStore":
    from stream.consent.package import default_identities  # numpy; the help does without

    return default_identities()


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UnderstudyError(f"--expires {text} is no day; write it as 2027-01-31") from error


def _photos(package: "Package") -> str:
    return f"{len(package.photos)} photo{'s' if len(package.photos) > 1 else ''}"


def _line(row: dict[str, object]) -> str:
    """How many photos, whose consent, until when."""
    whose = "your own face" if row["self"] else f"consent {quoted(row['consent'], 200)}"
    end = f"until {row['expires']}" if row["expires"] else "no end"
    if not row["usable"]:
        end = f"consent ended {row['expires']}"
    return f"{row['photos']}, {whose}, {end}"


def _told(package: "Package", today: date) -> dict[str, object]:
    return {
        "name": package.name,
        "usable": package.expires is None or today <= package.expires,
        "consent": package.consent,
        "self": package.is_self,
        "added": package.added.isoformat(),
        "expires": package.expires.isoformat() if package.expires else None,
        "photos": _photos(package),
        "embedding": package.embedder is not None,
        "sha256": package.sha256,
        "folder": str(package.folder),
    }
