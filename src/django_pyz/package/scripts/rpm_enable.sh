
# Those that were there before are as they were left.
enable_units() {
    for unit in $(own_units); do
        if grep -q '^\[Install\]' "$folder/$unit" && ! grep -qF " $folder/$unit" "$before" 2>/dev/null; then
            systemctl --quiet enable "$unit" || true
        fi
    done
}
