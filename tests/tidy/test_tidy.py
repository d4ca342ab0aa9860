"""Each rule of tidy.py is shown something wrong and something right."""

import unittest

import tidy

LIBS = {"src/low/CMakeLists.txt": "fermata_library(NAME low LAYER 1 SOURCES a.cc)",
        "src/high/CMakeLists.txt": "fermata_library(NAME high LAYER 6 SOURCES b.cc)"}


def complaints(rule, **files):
    return rule(tidy.Tree({**LIBS, **{name.replace("__", "/").replace("_dot_", "."): text for name, text in files.items()}}))


class Rules(unittest.TestCase):
    def test_layers(self):
        self.assertEqual(len(complaints(tidy.check_layers, src__low__a_dot_cc='#include "high/b.h"\n')), 1)
        self.assertEqual(complaints(tidy.check_layers, src__high__b_dot_cc='#include "low/a.h"\n'), [])

    def test_determinism(self):
        bad = '#include <thread>\nauto t = std::chrono::system_clock::now();\nstd::unordered_map<int, int> m;\n'
        self.assertEqual(len(complaints(tidy.check_determinism, src__low__a_dot_cc=bad)), 3)
        self.assertEqual(complaints(tidy.check_determinism, src__high__b_dot_cc=bad), [])
        self.assertEqual(complaints(tidy.check_determinism, src__low__a_dot_cc="// no <thread> here\n"), [])

    def test_border(self):
        bridge, api, encoded = '#include <temporal-sdk-core-c-bridge.h>\n', '#include "temporal/api/x.pb.h"\n', '#include "temporal/encode/codec.h"\n'
        files = {"src/temporal/bridge/a.cc": bridge + api, "src/temporal/b.cc": bridge + api + encoded, "src/worker/c.cc": api + encoded,
                 "bench/d.cc": "#include <google/protobuf/message.h>\n", "src/worker/e.cc": '#include "temporal/client.h"\n'}
        self.assertEqual([line.split(": ")[0] for line in tidy.check_border(tidy.Tree(files))],
                         ["src/temporal/b.cc:1", "src/worker/c.cc:1", "src/worker/c.cc:2", "bench/d.cc:1"])

    def test_sizes(self):
        self.assertEqual(len(complaints(tidy.check_sizes, src__low__a_dot_cc="x\n" * 501)), 1)
        self.assertEqual(len(complaints(tidy.check_sizes, src__interpreter__a_dot_cc="x\n" * 401)), 1)
        self.assertEqual(complaints(tidy.check_sizes, src__low__a_dot_cc="x\n" * 500), [])

    def test_python_sizes(self):
        self.assertEqual(len(complaints(tidy.check_python_sizes, tools__a_dot_py="x = 1\n" * 501)), 1)
        long = "def f():\n" + "    x = 1\n" * 70
        self.assertEqual(len(complaints(tidy.check_python_sizes, tests__a_dot_py=long)), 1)
        self.assertEqual(complaints(tidy.check_python_sizes, tests__a_dot_py=long.removesuffix("    x = 1\n")), [])

    def test_headers(self):
        self.assertEqual(len(complaints(tidy.check_headers, src__low__a_dot_h="int x;\n")), 1)
        self.assertEqual(complaints(tidy.check_headers, src__low__a_dot_h="#pragma once\n// What it is.\n"), [])

    def test_includes(self):
        vector = "src/low/a.cc: names what <vector> has, and nothing that it includes has it"
        self.assertEqual(complaints(tidy.check_includes, src__low__a_dot_cc="#include <string>\nstd::vector<int> a;\n"), [vector])
        self.assertEqual(complaints(tidy.check_includes, src__low__a_dot_cc='// std::vector\nauto a = "std::vector";\n'), [])
        over = {"src__low__b_dot_h": '#include "low/c.h"\n', "src__low__c_dot_h": "#include <vector>\n"}
        self.assertEqual(complaints(tidy.check_includes, src__low__a_dot_cc='#include "low/b.h"\nstd::vector<int> a;\n', **over), [])
        self.assertEqual(len(complaints(tidy.check_includes, cmake__precompiled_dot_cmake="<vector> <regex>")), 1)

    def test_words(self):
        self.assertEqual(len(complaints(tidy.check_words, src__low__a_dot_cc="// TO" + "DO later\n")), 1)
        self.assertEqual(complaints(tidy.check_words, src__low__a_dot_cc="// TO" + "DO(#7) later\n"), [])

    def test_dead_files(self):
        self.assertEqual(complaints(tidy.check_dead_files, src__low__c_dot_cc=""), ["src/low/c.cc: named in no CMakeLists.txt"])
        test = {"tests/e2e/late.py": 'if __name__ == "__main__":\n    unittest.main()\n'}
        self.assertEqual(tidy.check_dead_files(tidy.Tree(test)), ["tests/e2e/late.py: named in no CMakeLists.txt"])
        self.assertEqual(tidy.check_dead_files(tidy.Tree({**test, "tests/CMakeLists.txt": "foreach(suite late)"})), [])

    def test_docs(self):
        self.assertEqual(len(complaints(tidy.check_docs, a_dot_md="# One\n# Two\n[x](gone.md)\n")), 2)
        self.assertEqual(complaints(tidy.check_docs, a_dot_md="# One\n[b](b.md)\n", b_dot_md="# B\n"), [])
        alone = complaints(tidy.check_docs, docs__a_dot_md="# One\n", docs__errors__B_dot_md="# B\n")
        self.assertEqual(alone, ["docs/a.md: no page links to it"])

    def test_paths(self):
        named = "# One\n`src/low/gone.cc`, `python3 tools/gone.py X` and `tests/gone-*`; `src/low/<name>.cc`, `tests/NAME.yaml`\n"
        self.assertEqual([line.split("`")[1] for line in complaints(tidy.check_paths, a_dot_md=named)],
                         ["src/low/gone.cc", "tools/gone.py", "tests/gone-*"])
        self.assertEqual(complaints(tidy.check_paths, a_dot_md="`src/low`, `src/low/CMake*`, `src/low/a.cc` and src/gone\n",
                                    src__low__a_dot_cc=""), [])

    def test_error_codes(self):
        code = 'return make_error(ErrorKind::Invalid, "NEW_CODE", "x");'
        self.assertEqual(len(complaints(tidy.check_error_codes, src__low__a_dot_cc=code)), 1)
        table, page = '[{"code": "ONE"}, {"code": "TWO"}]', {"docs/errors/ONE.md": "", "docs/errors/THREE.md": ""}
        pages = tidy.check_error_codes(tidy.Tree({"contracts/error_codes.json": table, **page}))
        self.assertEqual([line.split(":")[0] for line in pages], ["TWO", "docs/errors/THREE.md"])

    def test_dependencies(self):
        lists = {"tools/packages/apt.txt": "# g++ in a comment\ng++\nlibx1.2-dev\n", "tests/a/requirements.txt": "Some_thing==1.0\n",
                 "web/package.json": '{"dependencies": {"@a/b": "1"}, "devDependencies": {"c": "2"}}',
                 "bridge/Cargo.toml": '[package]\nname = "p"\n[dependencies]\nserde = "1"\n'}
        bare = tidy.check_dependencies(tidy.Tree({**lists, "DEPENDENCIES.md": "| `g++` | |\n| c | why |\n"}))
        self.assertEqual([line.split("`")[1] for line in bare], ["g++", "libx1.2-dev", "Some_thing", "@a/b", "c", "serde"])
        rows = "| `g++`, `libx1.2-dev` | 1 | why |\n| `some_thing`, `@a/b`, `c`, `serde` | why |\n"
        self.assertEqual(tidy.check_dependencies(tidy.Tree({**lists, "DEPENDENCIES.md": rows})), [])


if __name__ == "__main__":
    unittest.main()
