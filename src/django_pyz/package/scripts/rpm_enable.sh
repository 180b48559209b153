
# Those that were there before are as they were left.
enable_units() {
    for unit in $(own_units); do
        if can_be_enabled "$unit" && ! was_there "$unit"; then
            systemctl --quiet enable "$unit" || true
        fi
    done
}
