"""The command line."""

import click

from harbour import __version__
from harbour.ledger import Ledger


@click.group()
@click.version_option(__version__)
def main():
    """Keep the ledger of a port."""


@main.command()
@click.argument("ship")
@click.option("--ledger", default="ledger.json", show_default=True)
def where(ship, ledger):
    """Say where a ship lies."""
    berth = Ledger(ledger).where(ship)
    click.echo(berth or f"{ship} is not in the harbour")
