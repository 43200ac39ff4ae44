"""The line editor: prompt_toolkit's session, set up for the language and kept in step with the settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prompt_toolkit.auto_suggest import AutoSuggestFromHistory, ConditionalAutoSuggest
from prompt_toolkit.completion import Completer
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import Always, Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import History
from prompt_toolkit.layout.processors import HighlightMatchingBracketProcessor
from prompt_toolkit.lexers import Lexer
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.shortcuts import PromptSession
from prompt_toolkit.styles import BaseStyle, DynamicStyle

from gradcli.cli.repl.keys import key_bindings
from gradcli.cli.repl.themes import terminal_style

if TYPE_CHECKING:
    from gradcli.cli.settings import Settings

FIRST, NEXT = ">>> ", "... "


class Prompt:
    """Reads entries. The first prompt waits for nothing that the session has.

    toolbar: the styled text of the line at the bottom. is_whole: see keys.
    """

    def __init__(
        self,
        settings: Settings,
        history: History,
        completer: Completer,
        toolbar: Callable[[], StyleAndTextTuples],
        is_whole: Callable[[str], bool],
        colour: bool,
    ) -> None:
        self._settings = settings
        self._toolbar = toolbar
        self._style: tuple[str, BaseStyle] | None = None
        self.session: PromptSession[str] = PromptSession(
            [("class:prompt", FIRST)],
            multiline=True,
            prompt_continuation=lambda width, number, wrapped: [("class:continuation", NEXT)],
            history=history,
            completer=completer,
            complete_while_typing=True,
            auto_suggest=ConditionalAutoSuggest(AutoSuggestFromHistory(), Condition(lambda: settings.suggestions)),
            key_bindings=key_bindings(is_whole, self._toggle_toolbar, self._toggle_keys),
            input_processors=[HighlightMatchingBracketProcessor(chars="[](){}")],
            style=DynamicStyle(self._current_style),
            color_depth=None if colour else ColorDepth.DEPTH_1_BIT,
            include_default_pygments_style=False,
            enable_suspend=True,
            tempfile_suffix=".grad",
            search_ignore_case=True,
        )
        # PromptSession has either completion while typing or a search by prefix on Up; a buffer can do both.
        self.session.default_buffer.enable_history_search = Always()

    def read(self, default: str = "", edit: bool = False) -> str:
        """One entry. edit: begin in $EDITOR. Raises EOFError on Ctrl-D, KeyboardInterrupt on Ctrl-C."""
        self._follow_settings()
        begin = self._open_editor if edit else None
        return self.session.prompt(default=default, pre_run=begin).rstrip()

    def _open_editor(self) -> None:
        self.session.default_buffer.open_in_editor()

    def when_drawn(self, do: Callable[[], None]) -> None:
        """Do something after the next time that the prompt is drawn."""

        def once(_: object) -> None:
            self.session.app.after_render.remove_handler(once)
            do()

        self.session.app.after_render.add_handler(once)

    def highlight(self, lexer: Lexer) -> None:
        """From now on, colour what is typed; from whatever thread."""
        self.session.lexer = lexer
        self.session.app.invalidate()

    def _current_style(self) -> BaseStyle:
        theme = self._settings.theme
        if self._style is None or self._style[0] != theme:
            self._style = (theme, terminal_style(theme))
        return self._style[1]

    def _follow_settings(self) -> None:
        self.session.bottom_toolbar = self._toolbar if self._settings.toolbar else None
        self.session.editing_mode = EditingMode.VI if self._settings.keys == "vi" else EditingMode.EMACS

    def _toggle_toolbar(self) -> None:
        self._settings.toolbar = not self._settings.toolbar
        self._follow_settings()

    def _toggle_keys(self) -> None:
        self._settings.keys = "emacs" if self._settings.keys == "vi" else "vi"
        self._follow_settings()
