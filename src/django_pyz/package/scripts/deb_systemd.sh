control=deb-systemd-invoke

disable_unit() {
    deb-systemd-helper disable "$1" >/dev/null
}
