#!/bin/sh
{  # @NAME@: a Django project in one file. It is a Python zip application as well: @PYTHON@ @SCRIPT@
set -u
rest=${PYTHONPATH:+$PYTHONPATH:}
while [ "$rest" ]; do
    folder=${rest%%:*} rest=${rest#*:}
    if [ "$folder" ] && [ -f "$folder/sitecustomize.py" ]; then
        echo "${0##*/}: $folder/sitecustomize.py is not run, as PYTHONPATH does not count:" \
            "name the module of the agent in settings.ini, [project] run_first" >&2
    fi
done
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
python=@PYTHON@
case $PATH in */shims*) case $(command -v $python) in */shims/*)
    # A shim, as those of pyenv and asdf, starts a Python only where a version was chosen for it.
    if ! said=$($python -S -c "" 2>&1); then
        rest=$PATH: search=
        while [ "$rest" ]; do
            case ${rest%%:*} in */shims) ;; *) search=$search:${rest%%:*} ;; esac
            rest=${rest#*:}
        done
        shim=$(command -v $python)
        if ! python=$(PATH=${search#:} && command -v @PYTHON@); then
            echo "${0##*/}: wanted Python @VERSION@, found only $shim, which starts none:" >&2
            echo "$said" >&2
            echo "${0##*/}: Choose a version for it, or add the folder of a @PYTHON@ to PATH." >&2
            exit 2
        fi
    fi
esac esac
if command -v "$python" >/dev/null; then
    exec "$python" -S -c "$code" "$#" "$0" "$@"
fi
echo "${0##*/}: wanted Python @VERSION@, found no @PYTHON@ on PATH: install it, or add its folder to PATH" >&2
exit 2
}
