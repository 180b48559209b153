
may_start() {
    is_booted || return 1
    policy=/usr/sbin/policy-rc.d
    if [ -x "$policy" ]; then
        answer=0
        "$policy" "$name.service" start || answer=$?
        [ "$answer" != 101 ] || return 1
    fi
}

install_site() {
    if ! "$file" pyz config check >/dev/null; then
        echo "$name: is not configured yet, so it is not served." >&2
        echo "$name: Complete /etc/$name/settings.ini, then: $file pyz install --system" >&2
    elif may_start; then
        "$file" pyz install --system
        enable_units
    else
        "$file" pyz install --system --no-start
        enable_units
        echo "$name: everything is in place, and nothing was started. On the running system: $program pyz install --system"
    fi
}

# A unit that was stopped or disabled stays so.
follow_upgrade() {
    "$file" pyz install --system --no-start
    enable_units
    drop_units
    if is_booted; then
        systemctl --system daemon-reload
        restart_changed
        if [ "$(systemctl show --property=ActiveState --value "$name.target")" = active ]; then
            for unit in $(own_units); do
                if can_be_enabled "$unit" && ! was_there "$unit"; then
                    $control start "$unit"
                fi
            done
        fi
    fi
    rm -f "$before"
}

# Units that this release no longer has.
drop_units() {
    for path in $(sed 's/^[0-9a-f]*  //' "$before" 2>/dev/null); do
        if [ ! -e "$path" ]; then
            if is_booted; then
                systemctl stop --no-block "${path##*/}" || true
            fi
            rm -f /etc/systemd/system/*.wants/"${path##*/}"
        fi
    done
}

can_be_enabled() {
    grep -q '^\[Install\]' "$folder/$1"
}

was_there() {
    grep -qF " $folder/$1" "$before" 2>/dev/null
}

is_changed() {
    was_there "$1" && ! grep -qxF "$(sha256sum "$folder/$1")" "$before"
}

restart_changed() {
    if is_changed "$name.socket"; then
        # A socket cannot be restarted while its service runs.
        service=$(systemctl show --property=ActiveState --value "$name.service")
        $control stop "$name.service"
        $control try-restart "$name.socket"
        if [ "$service" = active ]; then
            $control start "$name.service"
        fi
    elif is_changed "$name.service"; then
        $control try-restart "$name.service"
    fi
    for unit in $(own_units); do
        case $unit in
            "$name.socket" | "$name.service" | *.target) continue ;;
            # A job that a timer started runs to its end.
            *.service) [ ! -e "$folder/${unit%.service}.timer" ] || continue ;;
        esac
        if is_changed "$unit"; then
            # A worker finishes its tasks first, which may take long.
            systemctl try-restart --no-block "$unit"
        fi
    done
}
