
# The package manager would silently replace files that belong to no package.
refuse_what_is_foreign() {
    foreign=
    for unit in $packaged; do
        if [ -e "$folder/$unit" ] && ! is_own_unit "$folder/$unit"; then
            foreign="$foreign $folder/$unit"
        fi
    done
    if [ -e "$program" ] && ! head -n 2 "$program" | grep -aqF "{  # $name: a Django project in one file."; then
        foreign="$foreign $program"
    fi
    if [ "$foreign" ]; then
        echo "$name:$foreign: exists and does not belong to the site $name; nothing was changed." >&2
        echo "$name: Move that away, or build the file again with another name: --name NAME, --script NAME." >&2
        exit 1
    fi
}

# Changed units are restarted at the end.
note_units() {
    rm -f "$before"
    for unit in $(own_units); do
        sha256sum "$folder/$unit" >>"$before"
    done
}
