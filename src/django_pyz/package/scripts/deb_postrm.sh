
# The new files are there, and dpkg has kept the old ones: it restores them if this fails, and if the new
# package's postrm, which runs next, fails as well. So this is the last moment at which an upgrade can be refused
# and leave everything as it was. The active executable is not a file of the package: `pyz upgrade` switches it.
upgrade_site() {
    if is_booted && [ -e "$program" ] && [ -x "$file" ] && command -v "@PYTHON@" >/dev/null; then
        "$file" pyz upgrade
    fi
}

purge_site() {
    for unit in $packaged; do
        deb-systemd-helper purge "$unit" >/dev/null || true
    done
    case $(stat -c %U "/var/lib/$name" 2>/dev/null) in
        "$user" | root) rm -rf "/var/lib/$name" ;;
    esac
    rm -rf "/etc/$name"
    if [ "$(getent passwd "$user" | cut -d: -f6)" = "/var/lib/$name" ] && command -v userdel >/dev/null; then
        userdel "$user"
    fi
}

case $1 in
    upgrade)
        upgrade_site
        ;;
    failed-upgrade)
        echo "$name: this release was rejected: the previous one stays installed and active." >&2
        exit 1
        ;;
    remove)
        remove_site
        ;;
    purge)
        purge_site
        ;;
esac
