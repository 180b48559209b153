
if [ ! -e "$program" ]; then
    install_site
else
    if is_booted && ! cmp -s "$file" "$program" && ! "$file" pyz upgrade; then
        # rpm cannot roll back from here; the active executable is not a file of the package.
        echo "$name: this release was rejected: the previous one stays active." >&2
        echo "$name: Mend that, then go on: $file pyz upgrade" >&2
        exit 1
    fi
    follow_upgrade
fi
