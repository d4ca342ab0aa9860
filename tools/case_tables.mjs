// Writes src/jsonata/case_tables.h from the Unicode data of the Node that runs it:
// node tools/case_tables.mjs > src/jsonata/case_tables.h
const upper = [];
const lower = [];
const codes = (text) => [...text].map((c) => c.codePointAt(0));
for (let code = 0x80; code < 0x110000; ++code) {
  if (code >= 0xd800 && code < 0xe000) continue;
  const text = String.fromCodePoint(code);
  if (text.toUpperCase() !== text) upper.push([code, codes(text.toUpperCase())]);
  if (text.toLowerCase() !== text) lower.push([code, codes(text.toLowerCase())]);
}
function pack(rows) {
  const ranges = [];
  for (const [code, to] of rows.filter(([, mapped]) => mapped.length === 1)) {
    const delta = to[0] - code;
    const last = ranges.at(-1);
    const gap = last === undefined ? 0 : code - last.last;
    if (last?.delta === delta && (last.stride === gap || (last.first === last.last && gap <= 2))) {
      last.stride = gap;
      last.last = code;
    } else {
      ranges.push({ first: code, last: code, delta, stride: 1 });
    }
  }
  return ranges;
}
const hex = (n) => "0x" + n.toString(16).toUpperCase();
const table = (name, rows) => {
  const cells = pack(rows).map((r) => `{${hex(r.first)}, ${hex(r.last)}, ${r.delta}, ${r.stride}}`);
  return `inline constexpr auto ${name} = std::to_array<CaseRange>({${cells.join(", ")}});`;
};
const special = (name, rows) => {
  const cells = rows.filter(([, to]) => to.length > 1).map(([code, to]) => `{${hex(code)}, {${[0, 1, 2].map((i) => hex(to[i] ?? 0)).join(", ")}}}`);
  return `inline constexpr auto ${name} = std::to_array<CaseSpecial>({${cells.join(", ")}});`;
};
console.log(`#pragma once
// Case of letters beyond ASCII (Unicode ${process.versions.unicode}, full mapping without locales), written by
// tools/case_tables.mjs: edit that. Letters in a range that are \`stride\` apart have their other case
// \`delta\` away; some have two or three. Used by text.cc.

#include <array>
#include <cstdint>

namespace fermata::jsonata {

struct CaseRange {
  char32_t first;
  char32_t last;
  std::int32_t delta;
  std::uint32_t stride;
};
struct CaseSpecial {
  char32_t code;
  std::array<char32_t, 3> to;  // 0: no more
};

// clang-format off
${[table("kUpperRanges", upper), table("kLowerRanges", lower), special("kUpperSpecials", upper), special("kLowerSpecials", lower)].map((t) => t.replace(/(.{1,105}[,{}]) /g, "$1\n    ")).join("\n\n")}
// clang-format on

}  // namespace fermata::jsonata`);
