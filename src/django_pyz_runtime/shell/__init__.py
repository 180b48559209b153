"""The command line for people: parsers that suggest words, completion, man pages. Standard library only.

A bundle writes its scripts and pages itself and has no packages of ours for that, so it cannot use shtab or
argparse-manpage. argcomplete starts the program at every TAB, which takes as long as Django does.
"""
