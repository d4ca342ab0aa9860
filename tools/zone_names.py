#!/usr/bin/env python3
"""Writes src/calendar/zone_names.cc from a tzdata.zi file: tools/zone_names.py [/usr/share/zoneinfo/tzdata.zi]"""

import pathlib
import sys

HEAD = '''// Made by tools/zone_names.py: do not edit.

#include "calendar/zone_names.h"

#include <algorithm>

namespace fermata::calendar {
namespace {

// clang-format off
// A plain array: deducing the size of a std::array this long is beyond clang.
constexpr std::string_view kNames[] = {
'''
TAIL = '''};
// clang-format on

}  // namespace

std::span<const std::string_view> zone_names() {
  return kNames;
}

bool is_zone_name(std::string_view name) {
  return std::ranges::binary_search(kNames, name);
}

}  // namespace fermata::calendar
'''
# Not places: a test zone and the system's own idea of local time.
LEFT_OUT = {"Factory", "localtime", "posixrules"}


def names(tzdata: str) -> list[str]:
    found = set()
    for line in tzdata.splitlines():
        words = line.split()
        if words and words[0] == "Z":
            found.add(words[1])
        elif words and words[0] == "L":
            found.add(words[2])
    return sorted(found - LEFT_OUT)


def main() -> None:
    source = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/zoneinfo/tzdata.zi")
    lines, line = [], "   "
    for name in names(source.read_text()):
        word = f' "{name}",'
        if len(line) + len(word) > 100:
            lines.append(line)
            line = "   "
        line += word
    lines.append(line)
    target = pathlib.Path(__file__).resolve().parent.parent / "src/calendar/zone_names.cc"
    target.write_text(HEAD + "\n".join(lines) + "\n" + TAIL)


if __name__ == "__main__":
    main()
