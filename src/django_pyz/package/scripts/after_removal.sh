
# What the verbs have made; what people have made stays.
remove_site() {
    for unit in $(own_units); do
        rm -f "$folder/$unit"
    done
    rm -rf "/usr/lib/$name/releases" "/var/cache/$name" "/run/$name" "$before"
    rmdir "/usr/lib/$name" 2>/dev/null || true
    if is_booted; then
        systemctl --system daemon-reload || true
    fi
}
