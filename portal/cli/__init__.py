"""The `portal` command. Each module here is one subcommand, loaded only when it is asked for, and offers `command`."""

import sys
from importlib import import_module
from pkgutil import iter_modules

import click

from portal.base.logging import configure_logging
from portal.base.problem import Problem
from portal.base.settings import Settings, SettingsError, load_settings


class _Commands(click.Group):
    """Modules whose name begins with an underscore are no commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return command


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def cli() -> None:
    """Customer support for TradeSense. Settings come from the environment or from .env."""
    try:
        configure_logging(load_settings())
    except SettingsError:
        configure_logging(Settings())  # the command itself says what is wrong, unless it needs no settings


def main() -> None:
    """Exit code 0 done, 1 failed (with one line saying why), 2 wrong usage."""
    try:
        cli(prog_name="portal")
    except Problem as problem:
        _fail(str(problem))
    except Exception as error:
        from portal.base.database_problems import explain  # loads SQLAlchemy, which most commands' help can do without

        sentence = explain(error)
        if sentence is None:
            raise
        _fail(sentence)


def _fail(sentence: str) -> None:
    click.echo(f"portal: {sentence}", err=True)
    sys.exit(1)
