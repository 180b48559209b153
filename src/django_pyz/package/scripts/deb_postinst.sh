
case $1 in
    configure | abort-remove)
        if [ ! -e "$program" ]; then
            install_site
        else
            if is_booted && ! cmp -s "$file" "$program"; then
                # A site that was installed by hand, or Python was missing before (see postrm).
                "$file" pyz upgrade
            fi
            follow_upgrade
        fi
        ;;
esac
