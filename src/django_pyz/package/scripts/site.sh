#!/bin/sh
# What the package manager runs for the site @NAME@: the verbs of its file, which can be run by hand as well.
set -e
name=@NAME@
script=@SCRIPT@
user=@USER@
packaged="@UNITS@"
file=/usr/lib/$name/package/$script
program=/usr/bin/$script
folder=/usr/lib/systemd/system
before=/run/$name-units.sha256

is_booted() {
    [ -d /run/systemd/system ]
}

is_own_unit() {
    head -n 1 "$1" | grep -qF " for the site $name. "
}

# Also those that settings.ini asks for.
own_units() {
    for unit in "$folder/$name".* "$folder/$name"-*; do
        if [ -f "$unit" ] && is_own_unit "$unit"; then
            echo "${unit##*/}"
        fi
    done
}
