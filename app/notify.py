"""Notify: where a person says who is told when a verdict turns, and sees whether messages arrive."""

from __future__ import annotations

import shlex
from urllib.parse import urlsplit

import streamlit as st

from app import state, wording
from app.folder import watch
from app.folder.notifications import forget_notifications, keep_notifications
from app.folder.notifier import NO_COMMANDS, Notifier
from app.state import t
from app.wording import notify as words
from app.wording import plain
from diagnostics import Verdict

TICK = 0.5  # seconds, while a test message is under way
LOOK_EVERY = 10.0  # seconds, to say that a message was not delivered


def notify() -> None:
    """Let the folder be looked at in the background, and offer to set what is sent."""
    notifier = watch.notifier(state.place())
    is_ours = state.place() == state.default_place()  # the command line is about the folder that it names
    notifier.begin(state.arguments().commands if is_ours else NO_COMMANDS, may_post=state.may_act())
    if not state.may_notify():
        return
    active = bool(notifier.settings.webhook or notifier.commands)
    icon = ":material/notifications_active:" if active else ":material/notifications:"
    with st.popover(t(words.NOTIFY), icon=icon, key="notify"):
        _settings(notifier)
        _outcome(notifier, active)
        _commands(notifier)
    _failure(notifier, active)


def _settings(notifier: Notifier) -> None:
    st.caption(t(words.ABOUT))
    settings = notifier.settings
    if settings.webhook:
        st.text(t(words.GOES_TO.format(host=urlsplit(settings.webhook).hostname)))
    with st.form("notify-form", border=False):
        url = st.text_input(
            t(words.URL),
            type="password",
            help=t(words.URL_HELP),
            placeholder=t(words.URL_KEPT if settings.webhook else words.URL_HINT),
            key=state.fresh("notify-url"),
        )
        verdicts = st.multiselect(
            t(words.VERDICTS),
            words.OFFERED,
            default=settings.verdicts,
            format_func=lambda verdict: t(wording.VERDICTS[verdict].word),
            key=state.fresh("notify-verdicts"),
        )
        runs = st.text_input(
            t(words.RUNS), settings.runs, placeholder=t(words.RUNS_HINT), key=state.fresh("notify-runs")
        )
        if st.form_submit_button(t(words.SAVE), type="primary", key="notify-save"):
            _keep(notifier, url.strip() or settings.webhook, verdicts, runs)
    with st.container(horizontal=True, gap="xsmall"):
        if settings.webhook or notifier.commands:
            st.button(t(words.TEST), icon=":material/send:", on_click=_test, args=[notifier], key="notify-test")
        if settings.webhook:
            st.button(
                t(words.FORGET),
                icon=":material/notifications_off:",
                on_click=_forget,
                args=[notifier],
                key="notify-off",
            )


def _commands(notifier: Notifier) -> None:
    """What the command line runs, or how to let it: a page itself starts no command."""
    if notifier.commands:
        st.caption(t(words.COMMANDS))
        for verdict, command in notifier.commands.items():
            st.text(t(words.COMMAND.format(verdict=t(wording.VERDICTS[verdict].word), command=command)))
    else:
        st.caption(t(words.HOW_TO_MAIL))
        st.code(words.MAIL.format(folder=shlex.quote(state.place())), language=None, wrap_lines=True)


def _keep(notifier: Notifier, url: str, verdicts: list[Verdict], runs: str) -> None:
    if not verdicts:
        st.error(t(words.NO_VERDICTS))
        return
    try:
        state.need_to_notify()
        keep_notifications(notifier.place, url, verdicts, runs)
    except (OSError, ValueError) as error:
        st.error(plain(t(words.NOT_SAVED.format(reason=error))))
        return
    notifier.begin(notifier.commands)
    state.renew()
    st.toast(t(words.SAVED), icon=":material/check:")
    st.rerun()


def _forget(notifier: Notifier) -> None:
    try:
        state.need_to_notify()
        forget_notifications(notifier.place)
        state.renew()
    except OSError as error:
        st.toast(plain(t(words.NOT_SAVED.format(reason=error))), icon=":material/error:", duration="long")


def _test(notifier: Notifier) -> None:
    try:
        state.need_to_notify()
        notifier.test()
    except PermissionError as error:
        st.toast(plain(t(str(error))), icon=":material/error:", duration="long")


def _outcome(notifier: Notifier, active: bool) -> None:
    """What became of the last message, said while the page stands."""
    testing = notifier.testing

    def live() -> None:
        if notifier.testing != testing:
            st.rerun()
        if notifier.testing:
            st.caption(t(words.TESTING))
        elif notifier.problem:
            st.error(plain(t(words.FAILED.format(reason=notifier.problem))), icon=":material/notifications_off:")
        elif notifier.delivered:
            st.caption(t(words.arrived(notifier.delivered)))

    st.fragment(live, run_every=TICK if testing else _rarely(active))()


def _failure(notifier: Notifier, active: bool) -> None:
    """That a message did not arrive, for who has not opened the settings."""

    def live() -> None:
        if notifier.problem and not notifier.testing:
            st.warning(plain(t(words.FAILED.format(reason=notifier.problem))), icon=":material/notifications_off:")

    st.fragment(live, run_every=_rarely(active))()


def _rarely(active: bool) -> float | None:
    return LOOK_EVERY if active and state.tick() is not None else None
