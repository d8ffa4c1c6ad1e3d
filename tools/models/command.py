"""`understudy models`: what there is, what is here, and how it gets here. Knows people; the store does the work."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.table import Table
from rich.text import Text

from engines.errors import ModelError
from engines.store.catalog import Model
from engines.store.store import Store, default_store
from tools.cli.lazy import LaterGroup

app = typer.Typer(
    cls=LaterGroup,
    help="The model files: list, pull, verify, path, add, remove.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

STARTER = 77  # width of a first command


def complete(incomplete: str) -> list[str]:
    """The names that begin so, for the shell's completion."""
    store = default_store()
    names = [model.name for model in (*store.catalog.models.values(), *store.own()) if not model.kind]
    return [name for name in names if name.startswith(incomplete)]


Name = Annotated[
    str, typer.Argument(help="A model's name, as `understudy models list` shows it.", autocompletion=complete)
]
Names = Annotated[
    list[str] | None, typer.Argument(help="Models' names; none: the embedded set.", autocompletion=complete)
]


@app.command("list")
def list_models(
    here: Annotated[bool, typer.Option("--here", help="Only those whose file is in the store.")] = False,
    task: Annotated[str, typer.Option(metavar="TASK", help="Only those of one task, such as swap or enhance.")] = "",
) -> None:
    """Shows every model that is known: task, input, licence, size, and whether its file is here."""
    store = default_store()
    table = Table(title=f"models in {store.root}", title_justify="left", box=None, header_style="bold")
    for column in ("name", "task", "input", "licence", "MB", "here"):
        table.add_column(column, justify="right" if column == "MB" else "left", overflow="fold")
    entries = store.ledger.entries()
    known = (*store.catalog.models.values(), *store.own())
    tasks = dict.fromkeys(model.task for model in known)
    if task and task not in tasks:
        raise ModelError(f"--task {task!r}: there is {', '.join(tasks)}")
    for model in known:
        held = store.holds(model.name)
        if (held or not here) and task in ("", model.task):
            side = f"{model.px} px {model.order}" if model.px else "-"
            licence = Text(model.licence.name, "yellow" if model.licence.gated else "")
            like = entries[model.name].like if model.name in entries else ""
            origin = f"yes, like {like}" if like and like != model.name else "yes"
            state = Text(origin, "green") if held else Text("bring yours" if model.kind else "no", "dim")
            table.add_row(model.name, model.task, side, licence, megabytes(store, model), state)
    console = Console() if Console().is_terminal else Console(width=160)  # a pipe has no width: nothing is cut there
    console.print(table)
    console.print("Licences in yellow want --accept-licence when pulled. ~: about, ?: not known.", style="dim")
    if not here and not task:
        console.print("Start with these:")
        for command, why in starters(store):
            console.print(f"  {command:<{STARTER}}  {why}", highlight=False, markup=False, soft_wrap=True)


def megabytes(store: Store, model: Model) -> str:
    """`554.3` where it is known to the byte, `~555` as others report it, `?` where nobody does."""
    held = store.holds(model.name)
    if size := (store.root / model.file).stat().st_size if held else model.size:
        return f"{size / 1e6:.1f}"
    return f"~{model.about_mb}" if model.about_mb else "" if model.kind else "?"


def starters(store: Store) -> tuple[tuple[str, str], ...]:
    """What a newcomer pulls first, and why."""
    models = store.catalog.models
    embedded = sum(model.size for model in store.catalog.embedded()) / 1e6
    swapper, embedder, enhancer = models["inswapper_128"], models["arcface_w600k_r50"], models["gfpgan_1.4"]
    pair = f"{swapper.name} {embedder.name}"
    return (
        ("understudy models pull", f"the embedded set, {embedded:.0f} MB: swap, serve and stream need no more"),
        (
            f"understudy models pull {pair} --accept-licence",
            f"for swap --model {swapper.name}, about {swapper.about_mb + embedder.about_mb} MB, {swapper.licence.name}",
        ),
        (
            f"understudy models pull {enhancer.name}",
            f"for --enhance {enhancer.name}, which sharpens what --model painted, about {enhancer.about_mb} MB",
        ),
    )


@app.command()
def pull(
    names: Names = None,
    accept: Annotated[bool, typer.Option("--accept-licence", help="Accept a licence that restricts use.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress bar.")] = False,
) -> None:
    """Fetches models; those that are here are only checked."""
    store = default_store()
    wanted = names or [model.name for model in store.catalog.embedded()]
    for model in map(store.model, wanted):  # a wrong name is told before anything is fetched
        if model.licence.gated and accept:
            Console(stderr=True).print(f"{model.name}: {model.licence.name}: {model.licence.text}", style="yellow")
    for name in wanted:
        typer.echo(_pull(store, name, accept, quiet))


def _pull(store: Store, name: str, accept: bool, quiet: bool) -> Path:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=quiet) as bar:
        task = bar.add_task(name, total=None)
        return store.pull(name, accept, lambda done, total: bar.update(task, completed=done, total=total or None))


@app.command()
def verify(names: Annotated[list[str] | None, typer.Argument(help="None: all that are here.")] = None) -> None:
    """Reads every byte of the files and compares them with what is pinned."""
    store = default_store()
    wanted = names or [m.name for m in _here(store)]
    wrong = []
    for name in wanted:
        try:
            typer.echo(f"{name}: whole, sha256 {store.ledger.entry(name).sha256 if store.verify(name) else ''}")
        except ModelError as error:
            wrong.append(name)
            typer.echo(f"{name}: {error}", err=True)
    if wrong:
        raise ModelError(f"{len(wrong)} of {len(wanted)} models are not as they should be: {', '.join(wrong)}")
    if not wanted:
        typer.echo(f"no models are in {store.root}; `understudy models pull` brings the embedded set")


@app.command()
def path(name: Annotated[str | None, typer.Argument(help="None: the store's folder.")] = None) -> None:
    """Prints where a model's verified file is."""
    store = default_store()
    typer.echo(store.path(name) if name else store.root)


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="An ONNX or DFM file.")],
    name: Annotated[str, typer.Option("--as", help="A name of the catalogue, or a new one of your own.")],
) -> None:
    """Takes in a model file of your own, and says what it was taken for."""
    store = default_store()
    found = store.add(file, name)
    model = store.catalog.model(found.like)
    typer.echo(f"{name}: taken for {found.like} ({model.title}; task {model.task})")
    typer.echo(f"  inputs   {', '.join(map(str, found.inputs))}")
    typer.echo(f"  outputs  {', '.join(map(str, found.outputs))}")
    if found.others:
        typer.echo(f"  {', '.join(found.others)} declare the same; if it is one of these, add it --as that name")


@app.command()
def remove(name: Name) -> None:
    """Deletes a model's file. What is pinned for a published model stays pinned."""
    store = default_store()
    typer.echo(f"{name}: removed" if store.remove(name) else f"{name}: was not here")


def _here(store: Store) -> list[Model]:
    return [m for m in (*store.catalog.models.values(), *store.own()) if store.holds(m.name)]
