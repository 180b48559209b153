control=systemctl

disable_unit() {
    systemctl --quiet disable "$1"
}
