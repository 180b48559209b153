
case $1 in
    install | upgrade)
        refuse_what_is_foreign
        note_units
        ;;
esac
