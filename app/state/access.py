"""Access: which folders this app may open, who may start and write anything in it, and who may see it at all."""

from __future__ import annotations

import argparse
import hmac
import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

import streamlit as st

from app.state.language import t
from app.wording import access as words
from diagnostics import Verdict
from diagnostics.check_options import commands_of
from diagnostics.logs.folders.remote import is_url
from trainer.status import CONFIG

DEFAULT_FOLDER = "runs"
TOKEN = "FITWATCH_TOKEN"  # the variable in the environment that holds it, which other users cannot read
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True)
class Arguments:
    """What was said on the command line after ``--``; ``unknown`` is what was not understood."""

    logdir: str
    roots: tuple[str, ...] = ()
    read_only: bool = False
    token: str = ""
    commands: Mapping[Verdict, str] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()


def arguments() -> Arguments:
    """The command line of this app."""
    return _parsed(tuple(sys.argv[1:]), os.environ.get(TOKEN, ""))


@cache
def _parsed(words_given: tuple[str, ...], token: str) -> Arguments:
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False, allow_abbrev=False)
    parser.add_argument("--logdir")
    parser.add_argument("--root", action="append", default=[])
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--token", nargs="?", const="", default=None)
    parser.add_argument("--on-verdict", nargs=2, action="append", default=[])
    try:
        parsed, unknown = parser.parse_known_args(words_given)
        commands = commands_of(parsed.on_verdict)
    except (argparse.ArgumentError, argparse.ArgumentTypeError):
        return Arguments(DEFAULT_FOLDER, read_only="--read-only" in words_given, token=token, unknown=words_given)
    if parsed.token == "":
        token = secrets.token_urlsafe(24)
        print(f"Fitwatch asks for this token: {token}", flush=True)
    logdir = parsed.logdir or DEFAULT_FOLDER
    return Arguments(logdir, tuple(parsed.root), parsed.read_only, parsed.token or token, commands, tuple(unknown))


def reaches(place: str) -> bool:
    """Whether the app was started over this folder or URL, or one above it; a link that leads out of them does not.

    Started over the folder of a training of ours, it reaches the one above, where the trials of that training lie.
    """
    given = arguments()
    if "\0" in place:
        return False
    for root in (given.logdir, *_above_a_run(given.logdir), *given.roots):
        if is_url(root) or is_url(place):
            steps = place.split("/")
            if is_url(root) and ".." not in steps and f"{place}/".startswith(f"{root.rstrip('/')}/"):
                return True
        elif _is_below(os.path.realpath(place), os.path.realpath(os.path.expanduser(root))):
            return True
    return False


def _above_a_run(logdir: str) -> tuple[str, ...]:
    folder = os.path.realpath(os.path.expanduser(logdir))
    is_run = not is_url(logdir) and os.path.isfile(os.path.join(folder, CONFIG))
    return (os.path.dirname(folder),) if is_run else ()


def need_request() -> None:
    """End the page here for a request of another page or host, and for one without the token that is asked for."""
    if refusal := refused_request(st.context.headers, st.get_option("server.corsAllowedOrigins") or ()):
        st.error(t(refusal), icon=":material/block:")
        st.stop()
    token = arguments().token
    if not token or st.session_state.get("authorized"):
        return
    if hmac.compare_digest(st.query_params.get("token", "").encode(), token.encode()):
        _authorize()
        return
    _ask_for(token)
    st.stop()


def _ask_for(token: str) -> None:
    """A card in the middle that asks for the token, and lets in who has it."""
    with st.container(horizontal_alignment="center"), st.container(border=True, width=420):
        st.markdown("### :material/monitoring: Fitwatch")
        typed = st.text_input(t(words.TOKEN), type="password", icon=":material/lock:", key="token")
        st.caption(t(words.TOKEN_HELP))
        if typed and hmac.compare_digest(typed.encode(), token.encode()):
            _authorize()
            st.rerun()
        if typed:
            st.error(t(words.TOKEN_WRONG), icon=":material/error:")


def refused_request(headers: Mapping[str, str], origins: tuple[str, ...] | list[str] = ()) -> str:
    """Why a browser's request is not answered; empty where it is.

    A page of another site, or of another port of this machine, names itself as the origin.
    """
    origin, host = headers.get("Origin") or "", headers.get("Host") or ""
    if not origin or origin in origins or urlsplit(origin).netloc.lower() == host.lower():
        return ""
    return words.FOREIGN


def why_not() -> str:
    """Why nothing may be started or written from this tab; empty where it may."""
    given = arguments()
    if given.read_only:
        return words.READ_ONLY
    if not given.token and st.get_option("server.address") not in LOOPBACK:
        return words.NOT_LOOPBACK
    return ""


def may_act() -> bool:
    """Whether anything may be started or written from this tab."""
    return not why_not()


def may_notify() -> bool:
    """Whether this tab may set where messages go, which is a secret: at this machine, or as if at it (by a tunnel)."""
    host = urlsplit(f"//{st.context.headers.get('Host') or LOOPBACK[0]}").hostname
    return may_act() and st.get_option("server.address") in LOOPBACK and host in LOOPBACK


def _authorize() -> None:
    st.session_state["authorized"] = True
    st.query_params.pop("token", None)


def _is_below(place: str, root: str) -> bool:
    return place == root or place.startswith(root.rstrip(os.sep) + os.sep)
