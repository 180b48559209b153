
case $1 in
    remove)
        stop_site
        ;;
esac
