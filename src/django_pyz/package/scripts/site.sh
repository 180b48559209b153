#!/bin/sh
# Run by the package manager for the site @NAME@. It calls the verbs of its file, which also work by hand.
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

# Also those from settings.ini.
own_units() {
    for unit in "$folder/$name".* "$folder/$name"-*; do
        if [ -f "$unit" ] && is_own_unit "$unit"; then
            echo "${unit##*/}"
        fi
    done
}
