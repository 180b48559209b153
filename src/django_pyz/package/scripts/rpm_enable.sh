
# Units that existed before keep their state.
enable_units() {
    for unit in $(own_units); do
        if can_be_enabled "$unit" && ! was_there "$unit"; then
            systemctl --quiet enable "$unit" || true
        fi
    done
}
