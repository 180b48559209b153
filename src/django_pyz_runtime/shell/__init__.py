"""What people type and read at a terminal: parsers that suggest words, completion, man pages. Standard library only.

Own code, as a bundle writes its scripts and pages itself and has no packages of ours for that, so neither shtab nor
argparse-manpage can be used. argcomplete starts the program at every TAB, which takes as long as Django does.
"""
