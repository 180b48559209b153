"""Completion for bash, zsh and fish: one generated function each, which starts no program at a TAB.

All three do the same: they read the words before the cursor to find the place in the command line, and whether the last
word is an option that takes a value; then they offer the words that may stand there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from django_pyz_runtime.shell.commands import FILE, FOLDER, VALUE, Command, Option, Place, places, safe_words, summary


class Words(NamedTuple):
    """The words that may stand in a place.

    Attributes:
        words: each with its meaning, or "".
        takes: what else may stand there: VALUE for nothing known.
        may_go_on: whether a word continues, so that no space follows.
    """

    words: tuple[tuple[str, str], ...]
    takes: str = VALUE

    @property
    def may_go_on(self) -> bool:
        """Whether a word continues after a completion."""
        return any(word.endswith("=") for word, _ in self.words)


class Table(NamedTuple):
    """The input of the scripts.

    Attributes:
        name: of the function.
        programs: the names of the executable.
        paths: all places except the first.
        values: the words after "PATH FLAG", or after "* FLAG" if the flag means the same everywhere.
        flags: the options, by path.
        words: the other words, by path.
    """

    name: str
    programs: tuple[str, ...]
    paths: list[str]
    values: dict[str, Words]
    flags: dict[str, Words]
    words: dict[str, Words]


def table(command: Command, programs: Sequence[str]) -> Table:
    """The words that may stand in each place of a command line.

    Args:
        command: the command, with its subcommands.
        programs: the names of the executable.
    """
    found = list(places(command))
    return Table(
        "_" + re.sub(r"[^A-Za-z0-9_]", "_", command.name),
        tuple(dict.fromkeys([*safe_words(programs), *programs[:1]])),
        [place.path for place in found if place.path],
        _values(found),
        {place.path: Words(tuple(_flags(place.options))) for place in found},
        {place.path: _words(place) for place in found},
    )


def _flags(options: Iterable[Option]) -> list[tuple[str, str]]:
    return [(flag, summary(option.help)) for option in options for flag in option.flags]


def _words(place: Place) -> Words:
    """The commands below a place, else its operands."""
    if place.command.commands:
        return Words(tuple((one.name, summary(one.help)) for one in place.command.commands))
    operands = place.command.operands
    words = {choice: "" for operand in operands for choice in operand.choices}
    kinds = [operand.takes for operand in operands]
    takes = VALUE if words else next((kind for kind in (FILE, FOLDER) if kind in kinds), VALUE)
    if not operands:
        return Words(tuple(_flags(place.options)))
    return Words(tuple(words.items()), takes)


def _values(found: Sequence[Place]) -> dict[str, Words]:
    """The words that may follow each option, exceptions of single places first."""
    kinds: dict[str, dict[str, Words | None]] = {}
    for place in found:
        for option in place.options:
            after = Words(tuple((choice, "") for choice in option.choices), option.takes) if option.takes else None
            for flag in option.flags:
                kinds.setdefault(flag, {})[place.path] = after
    special: dict[str, Words] = {}
    usual: dict[str, Words] = {}
    for flag, by_path in kinds.items():
        after = next(iter(by_path.values()))
        if all(other == after for other in by_path.values()):
            if after:
                usual[f"* {flag}"] = after
        else:
            special |= {f"{path} {flag}": after for path, after in by_path.items() if after}
    return {**special, **usual}


def bash(made: Table, mark: str) -> str:
    """The script for bash (bash(1), Programmable Completion); it does not need the package bash-completion.

    Args:
        made: the words for each place.
        mark: a comment that names its author.
    """

    def offer(words: Words) -> str:
        listed = " ".join(word for word, _ in words.words)
        space = "; go_on=1" if words.may_go_on else ""
        return f"words='{listed}' takes={words.takes}{space}"

    return _filled(_BASH, made, mark, offer, _with_star, "{} {} ;;", "|")


def zsh(made: Table, mark: str) -> str:
    """The script for zsh (zshcompsys(1)): a file for its fpath, which can be sourced as well."""

    def offer(words: Words) -> str:
        listed = " ".join(_quoted(f"{word}:{text}" if text else word) for word, text in words.words)
        space = "; go_on=(-S '')" if words.may_go_on else ""
        return f"list=({listed}) takes={words.takes}{space}"

    return _filled(_ZSH, made, mark, offer, _with_star, "{} {} ;;", "|")


def fish(made: Table, mark: str) -> str:
    """The script for fish (complete(1))."""

    def offer(words: Words) -> str:
        listed = " ".join(f"{word}\\t{_fish_quoted(text)}" if text else word for word, text in words.words)
        return f"set list {listed}; set takes {words.takes}"

    return _filled(_FISH, made, mark, offer, lambda pattern: f"'{pattern}'", "case {}\n                {}", " ")


SHELLS: dict[str, Callable[[Table, str], str]] = {"bash": bash, "zsh": zsh, "fish": fish}
"""The function that writes the script of each shell."""


def _filled(
    template: str,
    made: Table,
    mark: str,
    offer: Callable[[Words], str],
    pattern: Callable[[str], str],
    case: str,
    joint: str,
) -> str:
    """A template with its marked slots filled.

    Args:
        template: the script.
        made: the words for each place.
        mark: a comment that names its author.
        offer: gives the shell code that sets the variables for some words.
        pattern: gives the shell's pattern for "PATH" or "PATH FLAG".
        case: a case, with slots for patterns and commands.
        joint: between patterns.
    """
    end = "" if case.startswith("case") else ")"

    def cases(found: dict[str, Words], fill: Callable[[Words], str]) -> str:
        groups: dict[str, list[str]] = {}
        for key, words in found.items():
            groups.setdefault(fill(words), []).append(pattern(key))
        lines = [case.format(joint.join(keys) + end, text) for text, keys in groups.items()]
        return "\n".join(f"            {line}" for line in lines)

    slots = {
        "MARK": mark,
        "FUNCTION": made.name,
        "PROGRAM": made.programs[0],
        "PROGRAMS": " ".join(made.programs),
        "PATHS": joint.join(pattern(path) for path in made.paths),
        "TAKING": joint.join(pattern(key) for key in made.values) or pattern("none"),
        "VALUES": cases(made.values, offer),
        "FLAGS": cases(made.flags, offer),
        "WORDS": cases(made.words, offer),
    }
    return re.sub("@([A-Z]+)@", lambda slot: slots[slot[1]], template)


def _with_star(pattern: str) -> str:
    """A pattern in quotes; a star at its beginning stays outside of them."""
    return f"'{pattern}'".replace("'* ", "*' ")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_BASH = """\
# Completion of @PROGRAM@ for bash.
@MARK@
@FUNCTION@() {
    local current=${COMP_WORDS[COMP_CWORD]} place='' option='' before='' words='' takes=value go_on='' word i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if [[ $word == '=' ]]; then
            continue
        elif [[ $option ]]; then
            option=''
        elif [[ $word == -* ]]; then
            case "$place $word" in
            @TAKING@) option=$word ;;
            esac
        else
            case "$place/$word" in
            @PATHS@) place=$place/$word ;;
            esac
        fi
    done
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $current == --*=* ]]; then
        option=${current%%=*} before=${current%%=*}= current=${current#*=}
    fi
    if [[ $option ]]; then
        case "$place $option" in
@VALUES@
        esac
    elif [[ $current == -* ]]; then
        case $place in
@FLAGS@
        esac
    else
        case $place in
@WORDS@
        esac
    fi
    COMPREPLY=($(compgen -P "$before" -W "$words" -- "$current"))
    if [[ $takes == folder ]]; then
        compopt -o dirnames 2>/dev/null
    elif [[ $takes == file ]]; then
        compopt -o default 2>/dev/null
    elif [[ $go_on ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -F @FUNCTION@ @PROGRAMS@
"""
_ZSH = """\
#compdef @PROGRAMS@
@MARK@
_@PROGRAM@() {
    local place='' option='' takes=value word
    local -a list go_on
    local -i i
    for ((i = 2; i < CURRENT; i++)); do
        word=${words[i]}
        if [[ -n $option ]]; then
            option=''
        elif [[ $word == --*=* ]]; then
            continue
        elif [[ $word == -* ]]; then
            case "$place $word" in
            (@TAKING@) option=$word ;;
            esac
        else
            case "$place/$word" in
            (@PATHS@) place=$place/$word ;;
            esac
        fi
    done
    if [[ -z $option && $PREFIX == --*=* ]]; then
        option=${PREFIX%%=*}
        compset -P '*='
    fi
    if [[ -n $option ]]; then
        case "$place $option" in
@VALUES@
        esac
    elif [[ $PREFIX == -* ]]; then
        case $place in
@FLAGS@
        esac
    else
        case $place in
@WORDS@
        esac
    fi
    (( $#list )) && _describe -V value list "${go_on[@]}"
    if [[ $takes == folder ]]; then
        _files -/
    elif [[ $takes == file ]]; then
        _files
    fi
}
if [[ $funcstack[1] == _@PROGRAM@ ]]; then
    _@PROGRAM@ "$@"
elif (( $+functions[compdef] )); then
    compdef _@PROGRAM@ @PROGRAMS@
fi
"""
_FISH = """\
# Completion of @PROGRAM@ for fish.
@MARK@
function _@FUNCTION@
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -e words[1]
    set -l place ''
    set -l option ''
    set -l before ''
    set -l takes value
    set -l list
    for word in $words
        if test -n "$option"
            set option ''
            continue
        end
        switch "$word"
        case '--*=*'
        case '-*'
            switch "$place $word"
            case @TAKING@
                set option $word
            end
        case '*'
            switch "$place/$word"
            case @PATHS@
                set place $place/$word
            end
        end
    end
    if test -z "$option"; and string match -q -- '--*=*' "$current"
        set option (string replace -r '=.*' '' -- $current)
        set before "$option="
        set current (string replace -r '^[^=]*=' '' -- $current)
    end
    if test -n "$option"
        switch "$place $option"
@VALUES@
        end
    else if string match -q -- '-*' "$current"
        switch "$place"
@FLAGS@
        end
    else
        switch "$place"
@WORDS@
        end
    end
    if test $takes = folder
        set -a list (__fish_complete_directories "$current" '')
    else if test $takes = file
        set -a list (__fish_complete_path "$current")
    end
    for item in $list
        printf '%s\\n' $before$item
    end
end
for program in @PROGRAMS@
    complete -c $program -f -k -a '(_@FUNCTION@)'
end
"""
