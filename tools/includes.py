"""Which of our own files a C++ file includes."""

import re

INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def reached(name, includes_of):
    """The files that file `name` includes, over any number of others. `includes_of` gives the names in the quotes of a file's
    own includes (INCLUDE), or None when there is no such file; files are named by their path in the repository."""
    found, todo = set(), [name]
    while todo:
        at = todo.pop()
        for include in includes_of(at):
            for path in (f"src/{include}", f"{at.rsplit('/', 1)[0]}/{include}"):
                if includes_of(path) is not None:
                    if path not in found:
                        found.add(path)
                        todo.append(path)
                    break
    return found
