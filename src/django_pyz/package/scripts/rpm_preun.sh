
if [ "$1" = 0 ]; then
    stop_site
fi
