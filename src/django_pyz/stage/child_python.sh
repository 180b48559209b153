#!/bin/sh
# Python with the code and the configuration of this bundle, for the child processes of the project.
# The bundle itself was started with -S, which multiprocessing passes on; here the module site has to do its work.
before_command=yes
for word do
    shift
    case $before_command$word in
        yes-S) continue ;;
        yes-*) ;;
        *) before_command= ;;
    esac
    set -- "$@" "$word"
done
# For root no tree is read-only, and -B keeps bytecode out of it before our first line can.
export @PREFIX@PYTHONPATH="${PYTHONPATH-}"
PYTHONPATH=${0%/*}/../django_pyz_runtime/child/path exec "${@PREFIX@PYTHON:-python@VERSION@}" -B "$@"
