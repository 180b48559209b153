# Completion of django-pyz for fish.
# Written by python -m tests.write_etc, for django-pyz.
function __django_pyz
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -e words[1]
    set -l place ''
    set -l option ''
    set -l before ''
    set -l takes value
    set -l list
    for word in $words
        if test -n "$option"
            set option ''
            continue
        end
        switch "$word"
        case '--*=*'
        case '-*'
            switch "$place $word"
            case '* -o' '* --output' '* --report' '* --manage-py' '* --name' '* --script' '* --settings-module' '* --python' '* --requirements' '* --extras' '* --groups' '* --include' '* --exclude' '* --extra-paths' '* --data-paths' '* --allow-secrets' '* --build-commands' '* --build-env' '* --build-config' '* --services' '* --timers' '* --compression' '* --maintainer' '* --revision'
                set option $word
            end
        case '*'
            switch "$place/$word"
            case '/build' '/package' '/completion' '/help'
                set place $place/$word
            end
        end
    end
    if test -z "$option"; and string match -q -- '--*=*' "$current"
        set option (string replace -r '=.*' '' -- $current)
        set before "$option="
        set current (string replace -r '^[^=]*=' '' -- $current)
    end
    if test -n "$option"
        switch "$place $option"
            case '* -o' '* --output' '* --report' '* --manage-py' '* --python' '* --requirements' '* --include' '* --exclude' '* --extra-paths' '* --data-paths' '* --allow-secrets' '* --build-config'
                set list ; set takes file
            case '* --name' '* --script' '* --settings-module' '* --extras' '* --groups' '* --build-commands' '* --build-env' '* --services' '* --timers' '* --maintainer' '* --revision'
                set list ; set takes value
            case '* --compression'
                set list balanced deflate lzma stored; set takes value
        end
    else if string match -q -- '-*' "$current"
        switch "$place"
            case '' '/completion' '/help'
                set list -h\t'show this help message and exit' --help\t'show this help message and exit' --version\t'print the version'; set takes value
            case '/build'
                set list -h\t'show this help message and exit' --help\t'show this help message and exit' -o\t'the file to write; default dist/SCRIPT.pyz' --output\t'the file to write; default dist/SCRIPT.pyz' --report\t'write a full report of the build to FILE.html or FILE.json' --run\t'then serve it: runserve --migrate' --manage-py\t'the manage.py to use if there are several, relative to the project' --name\t'site name (/etc/NAME, /var/lib/NAME, units); default: [project] name in pyproject.toml,...' --script\t'name of the executable; default: NAME' --settings-module\t'the settings module; default: the one in wsgi.py or asgi.py, else in manage.py' --python\t'the Python to build for; default: the one running the build' --requirements\t'a requirements file or lock to install, relative to the project (repeatable)' --extras\t'an extra of the project to install (repeatable)' --groups\t'a dependency group of the project to install (repeatable)' --include\t'a file or pattern to add that would be left out otherwise (repeatable)' --exclude\t'a file or pattern to leave out (repeatable)' --extra-paths\t'another folder of the project to add to sys.path (repeatable)' --data-paths\t'a path next to the code that the project writes to; it becomes a link to the data folde...' --allow-secrets\t'a file or pattern to exempt from the check for secrets (repeatable)' --build-commands\t'a shell command to run in a copy of the project before it is packed (repeatable)' --build-env\t'an environment variable for the build only (repeatable)' --build-config\t'a settings.ini for the build only, relative to the project' --services\t'a background process, e.g. `worker = "celery -A shop worker"`; same format as [services...' --timers\t'a scheduled management command, e.g. `clearsessions = "daily"`; same format as [timers]...' --no-collectstatic\t'do not collect the static files at build time' --compression\t'balanced (default), deflate (faster to unpack), lzma (smallest), stored (largest, faste...' --version\t'print the version'; set takes value
            case '/package'
                set list -h\t'show this help message and exit' --help\t'show this help message and exit' --deb\t'for Debian and Ubuntu' --rpm\t'for Fedora, RHEL and SUSE; by nfpm' -o\t'the package, or its folder; default: next to FILE' --output\t'the package, or its folder; default: next to FILE' --maintainer\t'the package\'s maintainer; default: DEBFULLNAME and DEBEMAIL' --revision\t'number of this package of the same project version; default: 1' --version\t'print the version'; set takes value
        end
    else
        switch "$place"
            case ''
                set list build\t'build a project' package\t'make a .deb or .rpm from a built file' completion\t'print a shell completion script' help\t'explain a topic or a message'; set takes value
            case '/build' '/package'
                set list ; set takes file
            case '/completion'
                set list bash zsh fish; set takes value
            case '/help'
                set list ; set takes value
        end
    end
    if test $takes = folder
        set -a list (__fish_complete_directories "$current" '')
    else if test $takes = file
        set -a list (__fish_complete_path "$current")
    end
    for item in $list
        printf '%s\n' $before$item
    end
end
for program in django-pyz
    complete -c $program -f -k -a '(__django_pyz)'
end
