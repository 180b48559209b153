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
                set list -h\t'show this help message and exit' --help\t'show this help message and exit' -o\t'the file to write; default dist/SCRIPT.pyz' --output\t'the file to write; default dist/SCRIPT.pyz' --report\t'write all there is to know of the build to FILE.html or FILE.json' --run\t'then serve it: runserve --migrate' --manage-py\t'the manage.py, relative to the project, where there are several' --name\t'names /etc/NAME and the rest; default: [project] name in pyproject.toml, else the folder\'s' --script\t'name of the executable; default: NAME' --settings-module\t'the settings module; default: the one in manage.py' --python\t'the Python to build for; default: the one that builds' --requirements\t'a requirements file or lock to install, relative to the project (repeatable)' --extras\t'an extra of the project to install (repeatable)' --groups\t'a dependency group of the project to install (repeatable)' --include\t'a file or pattern to put in although it would be left out (repeatable)' --exclude\t'a file or pattern to leave out (repeatable)' --extra-paths\t'one more folder of the project for sys.path (repeatable)' --data-paths\t'a path beside the code that the project writes to: it becomes a link to the data folder...' --allow-secrets\t'a file or pattern that may hold what looks like a secret (repeatable)' --build-commands\t'a shell command to run in a copy of the project before it is packed (repeatable)' --build-env\t'a variable for the build only (repeatable)' --build-config\t'a settings.ini for the build only, relative to the project' --services\t'a process beside the server, as `worker = "celery -A shop worker"`, as settings.ini has...' --timers\t'a management command at set times, as `clearsessions = "daily"`, as settings.ini has th...' --no-collectstatic\t'do not collect the static files at build time' --compression\t'balanced (the default), deflate (unpacks sooner), lzma (smallest), stored (largest, unp...' --version\t'print the version'; set takes value
            case '/package'
                set list -h\t'show this help message and exit' --help\t'show this help message and exit' --deb\t'for Debian and Ubuntu' --rpm\t'for Fedora, RHEL and SUSE; by nfpm' -o\t'the package, or the folder for it; default: beside FILE' --output\t'the package, or the folder for it; default: beside FILE' --maintainer\t'who makes it; default: DEBFULLNAME and DEBEMAIL' --revision\t'counts packages of one version of the project; default: 1' --version\t'print the version'; set takes value
        end
    else
        switch "$place"
            case ''
                set list build\t'build a project' package\t'make a .deb or .rpm of a file that was built' completion\t'print the script that completes commands and options' help\t'explain a topic or a message'; set takes value
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
