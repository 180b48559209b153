
if [ "$1" = 0 ]; then
    remove_site
fi
