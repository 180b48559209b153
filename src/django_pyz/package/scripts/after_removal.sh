
# Remove what the verbs created; keep what people created.
remove_site() {
    for unit in $(own_units); do
        rm -f "$folder/$unit"
    done
    # zsh's folders differ between distributions; `pyz install` knows those of this one.
    for path in /usr/share/zsh/*/_"$script"; do
        if head -n 3 "$path" 2>/dev/null | grep -qF " for the site $name. "; then
            rm -f "$path"
        fi
    done
    rm -rf "/usr/lib/$name/releases" "/var/cache/$name" "/run/$name" "$before"
    rmdir "/usr/lib/$name" 2>/dev/null || true
    if is_booted; then
        systemctl --system daemon-reload || true
    fi
}
