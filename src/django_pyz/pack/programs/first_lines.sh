#!/bin/sh
{  # @NAME@: a Django project in one file. It is a Python zip application as well: @PYTHON@ @SCRIPT@
set -u
unset PYTHONEXECUTABLE PYTHONHOME PYTHONINSPECT PYTHONPATH PYTHON_PRESITE
unset PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE
case ${PYTHONWARNINGS-} in *.*)
    # Python imports the module of a category that is in one: action:message:module.Category
    rest=$PYTHONWARNINGS,
    unset PYTHONWARNINGS
    while [ "$rest" ]; do
        item=${rest%%,*} rest=${rest#*,}
        case $item in *:*:*) category=${item#*:*:} ;; *) category= ;; esac
        case ${category%%:*} in
            *.*) ;;
            *) export PYTHONWARNINGS="${PYTHONWARNINGS:+$PYTHONWARNINGS,}$item" ;;
        esac
    done
esac
code='@CODE@'
again='@CODE@'
if [ "$code" != "$again" ]; then
    echo "${0##*/}: $0: the file is damaged (its first lines are not what was built)" >&2
    echo "${0##*/}: Copy it again from where it was built." >&2
    exit 2
fi
if command -v @PYTHON@ >/dev/null; then
    exec @PYTHON@ -S -c "$code" "$#" "$0" "$@"
fi
echo "${0##*/}: wanted Python @VERSION@, found no @PYTHON@ on PATH: install it, or add its folder to PATH" >&2
exit 2
}
