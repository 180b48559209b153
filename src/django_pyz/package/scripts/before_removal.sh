
# Without the file, which may no longer run, for example if its Python is gone.
stop_site() {
    if is_booted; then
        $control stop "$name.target" "$name.socket" || true
        for unit in $(own_units); do
            $control stop "$unit" || true
        done
    fi
    for unit in $(own_units); do
        disable_unit "$unit" || true
    done
    for kept in "$file" /usr/lib/"$name"/releases/*/"$script"; do
        if cmp -s "$kept" "$program"; then
            rm -f "$program"
        fi
    done
}
